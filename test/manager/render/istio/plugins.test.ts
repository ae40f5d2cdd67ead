/** The filter's objects: where they are, in which order they run, what they bring. */
import {expect, test} from "vitest";
import type {JsonObject} from "../../../../manager/render/filter-config.ts";
import {clusterText, named, namesOf, rendered, shopText} from "./rendered.ts";

const shop = rendered([shopText, clusterText]);
const plugins = shop.objects.filter(({kind}) => kind === "WasmPlugin");

test("every plugin fails open, is pinned by digest, and runs after authentication and authorization", () => {
  expect(plugins.length).toBeGreaterThan(3);
  for (const {spec} of plugins) {
    const sha256 = spec["sha256"] as string;
    expect(spec).toMatchObject({failStrategy: "FAIL_OPEN", phase: "UNSPECIFIED_PHASE"});
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(spec["url"]).toMatch(new RegExp(`^oci://registry\\.example\\.com/mesh/[a-z-]+@sha256:${sha256}$`));
  }
});

test("the edge runs before inbound, and outbound last", () => {
  const priority = (name: string): number => {
    const found = plugins.find(({metadata}) => metadata.name.startsWith(`meshlane-${name}`));
    return found?.spec["priority"] as number;
  };
  expect(priority("edge")).toBeGreaterThan(priority("inbound"));
  expect(priority("inbound")).toBeGreaterThan(priority("outbound"));
});

test("a TrafficExtension brings the same as a WasmPlugin", () => {
  const other = rendered([shopText, clusterText], {options: {extensionApi: "TrafficExtension"}});
  for (const {metadata, spec} of plugins) {
    const twin = other.objects.find(
      (object) =>
        object.kind === "TrafficExtension" &&
        object.metadata.name === metadata.name &&
        object.metadata.namespace === metadata.namespace,
    );
    const {phase, wasm, ...rest} = (twin?.spec ?? {}) as {phase: string; wasm: JsonObject} & JsonObject;
    expect({...rest, ...wasm, phase: `${phase}_PHASE`}).toEqual(spec);
  }
});

function podsOf(texts: readonly string[]): JsonObject | undefined {
  const {spec} = named(rendered(texts), "WasmPlugin", "meshlane-outbound");
  return (spec["pluginConfig"] as {pods?: JsonObject}).pods;
}

test("pods know their lane by their Service's selector and the lane's labels; those of a fallback know none", () => {
  const apart = `${clusterText.replace("namespace: istio-ingress", "namespace: shop")}`;
  expect(podsOf([shopText.replace("istio-ingress/", "shop/"), apart])).toEqual({
    lanes: [
      {lane: "ann", labels: {app: "cart--ann"}},
      {lane: "bob", labels: {app: "payment--bob"}},
      {lane: "eve", labels: {app: "warehouse--eve"}},
      {lane: "next", labels: {app: "cart", version: "v2"}},
      {lane: "next", labels: {app: "payment", version: "v2"}},
    ],
    fallbacks: ["team-a"],
  });
});

test("a fork that comes and goes configures no sidecar anew: its pods carry the lane", () => {
  const fork = `\n---\n{apiVersion: meshlane.dev/v1alpha1, kind: SwimLane, metadata: {name: zoe, namespace: shop}, spec: {services: [{name: cart, image: i}]}}`;
  const service = `\n---\n{apiVersion: v1, kind: Service, metadata: {name: cart--zoe, namespace: shop}, spec: {selector: {app: cart--zoe}}}`;
  const filters = (texts: string[]): unknown =>
    rendered(texts).objects.filter(({metadata}) => metadata.labels["meshlane.dev/part"] === "filter");
  expect(filters([shopText + fork, clusterText + service])).toEqual(filters([shopText, clusterText]));
});

/** What outbound is told of pods, where the group has the service `cart` and these Services, lanes and workloads are there. */
function podsWhere(given: {
  readonly services?: Record<string, object>;
  readonly lanes: Record<string, object>;
  readonly workloads?: readonly object[];
}): unknown {
  const object = (kind: string, name: string, spec: object) =>
    JSON.stringify({
      apiVersion: {Service: "v1", Deployment: "apps/v1"}[kind] ?? "meshlane.dev/v1alpha1",
      kind,
      metadata: {name, namespace: "shop"},
      spec,
    });
  return podsOf([
    object("SwimLaneGroup", "shop", {services: ["cart", "pay"]}),
    ...Object.entries(given.lanes).map(([name, spec]) => object("SwimLane", name, spec)),
    ...Object.entries({cart: {app: "cart"}, ...given.services}).map(([name, selector]) =>
      object("Service", name, {selector, ports: [{port: 80}]}),
    ),
    ...(given.workloads ?? []).map((labels, index) =>
      object("Deployment", `w${index}`, {selector: {matchLabels: labels}, template: {metadata: {labels}}}),
    ),
  ]);
}

const to = (...names: string[]) => ({
  services: names.map((name, index) => ({name: ["cart", "pay"][index], to: name})),
});
const LABEL = "meshlane.dev/lane";

test("pods of a Service that selects them by their lane's label carry it themselves, and pods of two lanes are of neither", () => {
  const services = {labelled: {app: "labelled", [LABEL]: "ann"}, shared: {app: "shared"}, own: {app: "own"}};
  const lanes = {ann: to("labelled"), bob: to("shared"), eve: to("shared"), next: to("own")};
  expect(podsWhere({services, lanes})).toEqual({lanes: [{lane: "next", labels: {app: "own"}}]});
});

test("the label of a lane tells nothing where another lane has such pods too, and the lane's other pods are told by theirs", () => {
  const services = {both: {app: "both", [LABEL]: "ann"}, own: {app: "own", [LABEL]: "ann"}};
  const lanes = {ann: to("both", "own"), zed: to("both")};
  expect(podsWhere({services, lanes})).toEqual({
    lanes: [{lane: "ann", labels: {app: "own", [LABEL]: "ann"}}],
    fallbacks: ["ann"],
  });
});

test.each([
  ["known", {"cart--ann": {app: "cart--ann"}}],
  ["not known", {}],
])("a fork whose Service is %s is of no lane by itself where another lane names it", (_name, services) => {
  const lanes = {ann: {services: [{name: "cart", image: "i"}]}, zed: to("cart--ann")};
  expect(podsWhere({services, lanes})).toEqual({fallbacks: ["ann"]});
});

test("a workload that Services of two lanes select is of none, whatever their selectors", () => {
  const services = {one: {app: "one"}, two: {workload: "one"}, own: {app: "own"}};
  const lanes = {ann: to("one"), zed: to("two"), next: to("own")};
  const both = {app: "one", workload: "one"};
  const next = {lane: "next", labels: {app: "own"}};
  expect(podsWhere({services, lanes, workloads: [both]})).toEqual({lanes: [next]});
  expect(podsWhere({services, lanes, workloads: [{...both, [LABEL]: "ann"}]})).toEqual({
    lanes: [next],
    fallbacks: ["ann"],
  });
  expect(podsWhere({services, lanes, workloads: [{app: "one"}, {workload: "one"}]})).toEqual({
    lanes: [{lane: "ann", labels: {app: "one"}}, next, {lane: "zed", labels: {workload: "one"}}],
  });
});

test("labels that all pods of a baseline have tell no lane, by whatever Service it names them", () => {
  const services = {alias: {app: "cart"}, wide: {tier: "web"}, pay: {app: "pay", tier: "web"}, own: {app: "own"}};
  const next = {lane: "next", labels: {app: "own"}};
  for (const name of ["alias", "wide"]) {
    expect(podsWhere({services, lanes: {ann: to(name), next: to("own")}})).toEqual({lanes: [next]});
  }
  const narrow = {narrow: {app: "cart", version: "v2"}};
  expect(podsWhere({services: narrow, lanes: {ann: to("narrow")}})).toEqual({
    lanes: [{lane: "ann", labels: narrow.narrow}],
  });
});

test("a label that names no lane of the mesh is not told, as it may be no name of a lane at all", () => {
  const services = {one: {app: "one"}, two: {workload: "one"}};
  const workloads = [{app: "one", workload: "one", [LABEL]: "Not_A_Lane"}];
  expect(podsWhere({services, lanes: {ann: to("one"), zed: to("two")}, workloads})).toBeUndefined();
});

test("where all pods of one lane are another's too, by more labels, both are of none", () => {
  const services = {wide: {app: "one"}, narrow: {app: "one", tier: "web"}};
  expect(podsWhere({services, lanes: {ann: to("narrow"), zed: to("wide")}})).toBeUndefined();
  expect(podsWhere({services, lanes: {ann: to("narrow", "wide")}}), "one lane may have both").toEqual({
    lanes: [
      {lane: "ann", labels: {app: "one", tier: "web"}},
      {lane: "ann", labels: {app: "one"}},
    ],
  });
});

test("pods of a lane that others fall back to are not those of another lane either", () => {
  const services = {one: {app: "one"}, two: {app: "one", tier: "web"}};
  const lanes = {team: to("one"), ann: to("two"), bob: {...to("bob"), fallback: ["team"]}};
  expect(podsWhere({services, lanes})).toEqual({fallbacks: ["team"]});
});

/** What outbound is told to be outside, where bank.com, which is, goes to a Service. */
function egressOf(...more: string[]): unknown[] {
  const to = (host: string) =>
    [
      `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: e, namespace: shop}, spec: {hosts: [bank.com]}}`,
      `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: e, namespace: shop}, spec: {hosts: [bank.com], tcp: [{route: [{destination: {host: ${host}}}]}]}}`,
    ].join("\n---\n");
  const [host = "", ...objects] = more;
  const {objects: all} = rendered([shopText, clusterText, to(host), ...objects]);
  const configs = all
    .filter(({metadata}) => metadata.name.startsWith("meshlane-outbound"))
    .map(({spec}) => (spec["pluginConfig"] as {mesh?: {egress: unknown}}).mesh?.egress);
  expect(configs).not.toEqual([]);
  return configs;
}

test("what hosts outside are sent to, gateways or proxies of the user's, is outside the mesh", () => {
  const proxy = `{apiVersion: v1, kind: Service, metadata: {name: proxy, namespace: far}, spec: {selector: {app: proxy}}}`;
  const hosts = ["proxy.far.svc.cluster.local"];
  for (const egress of egressOf(hosts[0]!, proxy)) expect(egress).toEqual(hosts);
});

test("a group's own service stays in the mesh when it answers in the place of a host outside", () => {
  for (const egress of egressOf("cart")) expect(egress).toBeUndefined();
  const gateway = `{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: out, namespace: shop}, spec: {selector: {app: cart}}}`;
  for (const egress of egressOf("cart", gateway)) expect(egress, "unless it is a gateway").toHaveLength(1);
});

test("inbound and outbound are in the group's namespace, in those on the way, and where its lanes' workloads are", () => {
  const group = `{apiVersion: meshlane.dev/v1alpha1, kind: SwimLaneGroup, metadata: {name: shop, namespace: shop}, spec: {services: [cart], through: [legacy], allow: [team]}}`;
  const lane = `{apiVersion: meshlane.dev/v1alpha1, kind: SwimLane, metadata: {name: ann, namespace: team}, spec: {group: shop/shop, services: [{name: cart, to: mine}]}}`;
  expect(namesOf(rendered([group, lane]), ["filter"])).toEqual(
    ["legacy", "shop", "team"].flatMap((namespace) => [
      `WasmPlugin ${namespace}/meshlane-inbound`,
      `WasmPlugin ${namespace}/meshlane-outbound`,
    ]),
  );
});

test("the same input gives the same bytes, whatever its order", () => {
  const turned = clusterText.split("\n---\n").toReversed().join("\n---\n");
  expect(JSON.stringify(rendered([turned, shopText]))).toBe(JSON.stringify(shop));
});

test("an object that would be too large is left out and said, with what it would have", () => {
  const names = Array.from({length: 9000}, (_, index) => `lane-${index}-${"x".repeat(40)}`);
  const lanes = names.map(
    (name) =>
      `{apiVersion: meshlane.dev/v1alpha1, kind: SwimLane, metadata: {name: ${name}, namespace: shop}, spec: {services: [{name: ledger, to: ledger--team-a}], match: [{from: [10.0.0.0/8]}]}}`,
  );
  const result = rendered([shopText, clusterText, ...lanes]);
  expect(result.notices.find(({subject}) => subject.includes("meshlane-edge-"))).toMatchObject({
    severity: "error",
    reason: "TooLarge",
    message: expect.stringMatching(/would have \d+ KiB, more than 512/) as string,
  });
  expect(namesOf(result, ["edge"]).map((name) => name.split(" ")[0])).toEqual(["EnvoyFilter"]);
}, 30_000);

test("a field that the installed filter would refuse is not written, and said with the remedy", () => {
  const old = rendered([shopText, clusterText], {options: {version: "0.1.0"}});
  expect(old.notices.filter(({reason}) => reason === "FilterTooOld")).toEqual([
    {
      severity: "error",
      subject: "WasmPlugin shop/meshlane-outbound",
      reason: "FilterTooOld",
      message:
        "needs the filter's field pods, which came with 0.2.0; 0.1.0 is installed. It is not written, and what is there stays",
      hint: "Run meshlane upgrade.",
      concerns: [],
    },
  ]);
  expect(old.kept).toContain("WasmPlugin shop/meshlane-outbound");
  expect(namesOf(old)).not.toContain("WasmPlugin shop/meshlane-outbound");
});

test.each(["WasmPlugin", "TrafficExtension"] as const)(
  "a %s names the Secret that its module is pulled with",
  (api) => {
    const {objects} = rendered([shopText, clusterText], {options: {extensionApi: api, imagePullSecret: "pull"}});
    const secrets = objects
      .filter(({kind}) => kind === api)
      .map(({spec}) => ((spec["wasm"] ?? spec) as {imagePullSecret?: string}).imagePullSecret);
    expect(new Set(secrets)).toEqual(new Set(["pull"]));
  },
);
