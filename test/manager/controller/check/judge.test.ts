import {readFileSync} from "node:fs";
import {expect, test} from "vitest";
import {judge} from "../../../../manager/controller/check/index.ts";
import type {Inspection} from "../../../../manager/controller/check/inspection.ts";
import {desired} from "../../../../manager/controller/desired.ts";
import {tried} from "../../../../manager/controller/check/versions.ts";
import {customResourceDefinitions} from "../../../../manager/model/generated.ts";
import {asRendered, type KubernetesObject} from "../../../../manager/model/kubernetes.ts";
import {
  applied,
  gateway,
  group,
  inspection,
  lane,
  namespace,
  pod,
  proxy,
  service,
  settings,
  shop,
  stateOf,
  virtualService,
} from "./inspections.ts";

/** The results that are not ok, as `STATUS CHECK: MESSAGE`. */
function complaints(seen: Inspection): string[] {
  return judge(seen)
    .filter(({status}) => status !== "ok")
    .map(({check, status, message}) => `${status} ${check}: ${message}`);
}

function without(name: string): KubernetesObject[] {
  return shop.filter(({metadata}) => metadata.name !== name);
}

test("where nothing is wrong each check says ok in one line, and none is left out", () => {
  const results = judge(inspection(shop));
  expect(results.filter(({status}) => status !== "ok")).toEqual([]);
  expect(results.map(({message}) => message).filter((message) => message.includes("\n"))).toEqual([]);
  expect([...new Set(results.map(({check}) => check))]).toEqual([
    "versions",
    "crds",
    "rights",
    "images",
    "lanes",
    "routes",
    "objects",
    "selectors",
    "sidecars",
    "wasm",
    "gateways",
    "through",
    "native",
  ]);
});

test("every complaint has a hint", () => {
  const nothing = inspection([], {
    settings: null,
    definitions: [],
    missingRights: ["list pods"],
    proxies: [],
    unread: ["no"],
  });
  const found = judge({...nothing, versions: {istio: []}}).filter(({status}) => status !== "ok");
  expect(found.length).toBeGreaterThan(5);
  expect(found.filter(({hint}) => hint === undefined || hint === "")).toEqual([]);
});

test("reading: who may not forward ports can apply all the same, so that is a warning; anything else unread is a failure", () => {
  const unread = ["you may not create pods/portforward in namespace istio-system", "you may not list pods"];
  const found = complaints(inspection(shop, {unread})).filter((line) => line.includes("reading"));
  expect(found.map((line) => line.split(":")[0])).toEqual(["warning reading", "failed reading"]);
});

test("versions: one that was not tried is a warning, one that is too old a failure", () => {
  const versions = {kubernetes: "1.35.0", istio: ["1.31.0"]};
  expect(complaints(inspection(shop, {versions}))).toEqual([
    "warning versions: Kubernetes 1.35.0: 1.35.0 was not tried",
  ]);
  const proxies = [proxy("shop/a"), proxy("shop/b", {envoy: "1.35.1"})];
  expect(complaints(inspection(shop, {proxies}))).toEqual([
    "failed versions: Envoy 1.35.1, 1.40.0: Meshlane needs 1.36",
  ]);
});

test("versions: an istiod that tells none is not of an untried one", () => {
  const of = (...istio: string[]) => complaints(inspection(shop, {versions: {kubernetes: "1.36.3", istio}}));
  expect(of("unknown")).toEqual(["warning versions: istiod does not tell its version"]);
  expect(of("1.31.0", "unknown")).toEqual(["warning versions: istiod does not tell its version"]);
  expect(of()).toEqual(["warning versions: Istio could not be asked for its version"]);
});

test("versions: a program older than the installation is a failure, a newer one a warning", () => {
  const of = (program: string, version: string) => inspection(shop, {program, settings: {...settings, version}});
  expect(complaints(of("0.2.0", "0.3.0"))).toEqual([
    "failed versions: Meshlane 0.3.0 is installed, this program is 0.2.0",
  ]);
  expect(complaints(of("0.3.0", "0.2.0"))).toEqual([
    "warning versions: Meshlane 0.2.0 is installed, this program is 0.3.0",
  ]);
  expect(judge(of("0.3.0", "0.2.0"))).toContainEqual(expect.objectContaining({hint: "Run meshlane upgrade."}));
  expect(complaints(of("0.3.0", "0.3.0"))).toEqual([]);
});

test("versions: docs/versions.md lists those that were tried", () => {
  const text = readFileSync(new URL("../../../../docs/versions.md", import.meta.url), "utf8");
  for (const [part, versions] of Object.entries(tried)) {
    const rows = text.split("\n").filter((line) => line.startsWith(`| ${part} `));
    expect(new Set(rows.map((row) => /(\d+\.\d+)/.exec(row)?.[1]))).toEqual(new Set(versions));
  }
});

test("crds: none, or those of another version", () => {
  expect(complaints(inspection(shop, {definitions: []}))).toEqual([
    "failed crds: there is no CRD swimlanegroups.meshlane.dev, swimlanes.meshlane.dev",
  ]);
  const [first, second] = structuredClone(customResourceDefinitions()) as [KubernetesObject, KubernetesObject];
  (second.spec as {versions: {schema: object}[]}).versions[0]!.schema = {};
  expect(complaints(inspection(shop, {definitions: [first, second]}))).toEqual([
    "warning crds: CRD swimlanes.meshlane.dev is of another version than this program",
  ]);
});

test("rights and images: what is missing is named", () => {
  const images = [{module: "inbound", problem: "registry.example.com: ECONNREFUSED"}] as const;
  expect(complaints(inspection(shop, {missingRights: ["create virtualservices.networking.istio.io"], images}))).toEqual(
    [
      "failed rights: you may not create virtualservices.networking.istio.io",
      "failed images: registry.example.com: ECONNREFUSED",
    ],
  );
});

test("images: what is missing is to be pushed; of a registry without answer it is not known", () => {
  const silent = ["inbound", "outbound"].map((module) => ({module, problem: "registry.example.com: ECONNREFUSED"}));
  const missing = {module: "edge", problem: "registry.example.com/mesh/edge is not there", missing: true};
  const images = [...silent, missing, {module: "edge-response"}] as Inspection["images"];
  const found = judge(inspection(shop, {images})).filter(({check}) => check === "images");
  const push = "meshlane push --registry registry.example.com/mesh. Until then pods that start serve the baseline.";
  const look =
    "See whether the registry is up and lets this machine read. Pods that start without it serve the baseline.";
  expect(found.map(({message, hint}) => [message, hint])).toEqual([
    ["registry.example.com/mesh/edge is not there", push],
    ["registry.example.com: ECONNREFUSED", look],
  ]);
});

test("lanes: one of the cluster that does not fit its group", () => {
  const found = complaints(inspection([...without("ann"), lane({services: [{name: "crat", to: "x"}]})]));
  expect(found).toEqual(['failed lanes: lane ann: service "crat" is not in group shop']);
});

test("routes: somebody's VirtualService that is in the way", () => {
  const mine = virtualService("cart", {
    hosts: ["cart"],
    http: [
      {
        match: [{uri: {exact: "/"}}],
        route: [
          {destination: {host: "cart", subset: "a"}, weight: 50},
          {destination: {host: "cart", subset: "b"}, weight: 50},
        ],
      },
    ],
  });
  expect(complaints(inspection([...shop, mine]))).toEqual([
    expect.stringMatching(/^failed routes: VirtualService shop\/cart \(yours\): has this host/),
  ]);
});

test("routes: somebody's DestinationRule that lanes by labels cannot stand beside", () => {
  const objects = shop.filter(({kind}) => kind !== "SwimLane" && kind !== "SwimLaneGroup" && kind !== "Pod");
  const lanes = [
    group({baseline: {labels: {version: "v1"}}}),
    lane({services: [{name: "cart", labels: {version: "v2"}}]}),
  ];
  const pods = [pod("a", {app: "cart", version: "v1"}), pod("b", {app: "cart", version: "v2"})];
  const rule: KubernetesObject = {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: {name: "mine", namespace: "shop"},
    spec: {host: "cart", workloadSelector: {matchLabels: {app: "frontend"}}},
  };
  expect(complaints(inspection([...objects, ...lanes, ...pods]))).toEqual([]);
  expect(complaints(inspection([...objects, ...lanes, ...pods, rule]))).toEqual([
    expect.stringMatching(/^failed routes: DestinationRule shop\/mine \(yours\)/),
  ]);
});

test("objects: what the lanes need and is not there, is otherwise, or is there for nothing", () => {
  const state = (objects: readonly KubernetesObject[]) => ({...inspection(shop), state: stateOf(objects)});
  const all = applied(shop);
  const is = (name: string) => (object: KubernetesObject) => object.metadata.name === name;
  expect(complaints(state(shop))).toEqual([
    expect.stringMatching(/^failed objects: not there: EnvoyFilter shop\/meshlane-.* and \d more$/),
  ]);
  expect(complaints(state(all.filter((object) => !is("meshlane-inbound")(object))))).toEqual([
    "failed objects: not there: WasmPlugin shop/meshlane-inbound",
  ]);
  const edited = all.map((object) => (is("meshlane-inbound")(object) ? {...object, spec: {priority: 1}} : object));
  expect(complaints(state(edited))).toEqual([
    "failed objects: not as the lanes ask for it: WasmPlugin shop/meshlane-inbound",
  ]);
  const old = {
    ...all.find(is("meshlane-inbound"))!,
    metadata: {...all.find(is("meshlane-inbound"))!.metadata, namespace: "pay"},
  };
  expect(complaints(state([...all, old]))).toEqual([
    "failed objects: there, though no lane needs it: WasmPlugin pay/meshlane-inbound",
  ]);
});

test("lanes: one whose workload is not there or not ready is said, with what its callers get", () => {
  const nowhere = lane({strict: true, services: [{name: "cart", to: "nothere"}]});
  const slice = {apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: {name: "s", namespace: "shop"}};
  const objects = [...shop.filter(({kind}) => kind !== "SwimLane"), slice];
  expect(complaints(inspection([...objects, nowhere]))).toEqual([
    "warning lanes: ann waits: there is no Service shop/nothere. Callers get 503",
  ]);
});

test("objects: what meshlane render gave counts while it is as the lanes ask for it, and another's is in the way", () => {
  const changed = (change: (object: KubernetesObject) => KubernetesObject) =>
    inspection(applied(shop).map((object) => (object.metadata.name === "meshlane-inbound" ? change(object) : object)));
  expect(complaints(changed(asRendered))).toEqual([]);
  expect(complaints(changed((object) => asRendered({...object, spec: {priority: 1}})))).toEqual([
    expect.stringMatching("failed routes: WasmPlugin shop/meshlane-inbound: is from meshlane render, so who applies"),
  ]);
  expect(complaints(changed((object) => ({...object, metadata: {...object.metadata, labels: {}}})))).toEqual([
    expect.stringMatching("failed routes: WasmPlugin shop/meshlane-inbound: has a name of ours, but not the label"),
  ]);
});

test("objects: the remedy is the upgrade where the program is newer than what is installed, and another program where it is older", () => {
  const hint = (version: string) => {
    const seen = {...inspection(shop, {settings: {...settings, version}}), state: stateOf(shop)};
    return judge(seen).find(({check}) => check === "objects")?.hint;
  };
  expect(["0.2.0", "0.1.0", "0.3.0"].map(hint)).toEqual([
    "Run meshlane apply with any of your lanes: it lets the mesh follow them all.",
    "Run meshlane upgrade: it lets the mesh follow all lanes.",
    "Use meshlane 0.3.0 or later: its apply lets the mesh follow all lanes.",
  ]);
});

test("objects: where no lane is left the remedy is what needs none", () => {
  const state = stateOf(applied(shop).filter(({kind}) => kind !== "SwimLane" && kind !== "SwimLaneGroup"));
  const seen = {...inspection(shop), state, desired: desired(state, settings, [])};
  expect(judge(seen).find(({check}) => check === "objects")?.hint).toBe(
    "Run meshlane install: it lets the mesh follow, also where no lane is left.",
  );
});

test("selectors: a pod that serves the baseline and a lane", () => {
  const both = [...shop, pod("cart--ann-2", {app: "cart", lane: "ann"}), service("cart--both", {lane: "ann"})];
  const own = lane({services: [{name: "cart", to: "cart--both"}]});
  const found = complaints(inspection([...both.filter(({kind}) => kind !== "SwimLane"), own]));
  expect(found).toEqual([
    "failed selectors: pods app=cart,lane=ann serve lane ann of shop/cart and the baseline too: others' requests reach them",
  ]);
});

test("selectors: labels that some pod has of both", () => {
  const objects = shop.filter(({kind}) => kind !== "SwimLane" && kind !== "SwimLaneGroup" && kind !== "Pod");
  const labels = [
    group({baseline: {labels: {version: "v1"}}}),
    lane({services: [{name: "cart"}], labels: {track: "ann"}}),
  ];
  const apart = [pod("a", {app: "cart", version: "v1"}), pod("b", {app: "cart", track: "ann"})];
  expect(complaints(inspection([...objects, ...labels, ...apart]))).toEqual([]);
  const both = pod("c", {app: "cart", version: "v1", track: "ann"});
  expect(complaints(inspection([...objects, ...labels, ...apart, both]))).toEqual([
    expect.stringContaining("pods app=cart,version=v1,track=ann serve lane ann of shop/cart and the baseline too"),
  ]);
});

test("sidecars: a pod without one, and a proxy without the filter", () => {
  expect(complaints(inspection([...shop, pod("bare", {}, "shop", ["app"])]))).toEqual([
    "warning sidecars: 1 pod without a sidecar, where a lane is lost: shop/bare",
  ]);
  const [inbound, outbound] = ["shop/meshlane-inbound", "shop/meshlane-outbound"].map((name) => ({name, runs: true}));
  const proxies = [
    proxy("shop/cart-1", {plugins: [outbound!]}),
    proxy("shop/cart-2", {plugins: [inbound!, outbound!]}),
    proxy("pay/a", {plugins: []}),
    proxy("shop/gate", {kind: "router", plugins: [outbound!]}),
  ];
  expect(complaints(inspection(shop, {proxies}))).toEqual([
    "failed sidecars: proxies without the filter: shop/cart-1 (shop/meshlane-inbound)",
  ]);
});

test("sidecars: of a pod that refuses one, no label of the namespace is the remedy", () => {
  const bare = (name: string, labels: Record<string, string>, annotations: Record<string, string>) => {
    const object = pod(name, labels, "shop", ["app"]);
    return {...object, metadata: {...object.metadata, annotations}};
  };
  const [yes, no] = ["true", "false"].map((answer) => ({"sidecar.istio.io/inject": answer}));
  const pods = [bare("a", no!, {}), bare("b", {}, no!), bare("c", yes!, no!), bare("d", {}, {})];
  const found = judge(inspection([...shop, ...pods])).filter(({check}) => check === "sidecars");
  expect(found.map(({names, hint}) => [names, hint])).toEqual([
    [["shop/c", "shop/d"], "Label the namespace istio-injection=enabled and restart them."],
    [
      ["shop/a", "shop/b"],
      'Take sidecar.istio.io/inject: "false" off their templates and restart them; no label of the namespace overrides it.',
    ],
  ]);
});

test("sidecars: a proxy that cannot be asked", () => {
  const proxies = [proxy("shop/a"), proxy("shop/b", {problem: "you may not"})];
  expect(complaints(inspection(shop, {proxies}))).toEqual([
    "warning sidecars: 1 of 2 proxies could not be asked: you may not",
  ]);
});

test("wasm: a module that could not be fetched, and one that a proxy refuses", () => {
  const plugins = [
    {name: "shop/meshlane-inbound", runs: false},
    {name: "shop/meshlane-outbound", runs: true},
  ];
  const proxies = [proxy("shop/cart-1", {plugins})];
  const error = "Error adding/updating listener: meshlane-inbound: invalid";
  const resources = {"type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig": {sent: "a", acked: "", error}};
  const connected = [{id: "cart-1.shop", istiod: "istiod", namespace: "shop", resources}];
  expect(complaints(inspection(shop, {proxies, connected}))).toEqual([
    "failed wasm: proxies could not fetch the module, so they serve the baseline: shop/cart-1 (shop/meshlane-inbound)",
    `failed wasm: proxies refuse the filter: cart-1.shop: ${error}`,
  ]);
});

test("gateways: one of no group lets pass what clients send; one on the same pods does not", () => {
  const other = [
    gateway("internal", {istio: "internal"}),
    pod("internal-1", {istio: "internal"}, "istio-ingress", ["istio-proxy"]),
  ];
  expect(complaints(inspection([...shop, ...other]))).toEqual([
    "warning gateways: gateway istio-ingress/internal is of no group: x-swimlane and baggage that clients send there pass into the mesh",
  ]);
  expect(complaints(inspection([...shop, gateway("same", {istio: "public"})]))).toEqual([]);
});

test("through: who calls a service of a group from a namespace that is not on the way", () => {
  const requests = new Map([["cart.shop.svc.cluster.local", 12]]);
  const pay = [...shop, namespace("pay")];
  const proxies = [
    proxy("pay/payment-1", {requests}),
    proxy("shop/cart-1", {requests}),
    proxy("pay/gate", {kind: "router", requests}),
  ];
  expect(complaints(inspection(pay, {proxies}))).toEqual([
    "warning through: pay/payment-1 calls shop/cart, but namespace pay is not in through: a lane that passes there is lost",
  ]);
  const passed = [...pay.filter(({kind}) => kind !== "SwimLaneGroup"), group({through: ["pay"]})];
  expect(complaints(inspection(passed, {proxies}))).toEqual([]);
});

test("native: what Envoy was built with decides", () => {
  const proxies = [proxy("shop/a"), proxy("shop/b", {extensions: new Set(["envoy.clusters.aggregate"])})];
  expect(complaints(inspection(shop, {proxies}))).toEqual([
    "warning native: proxies cannot route natively: shop/b (without envoy.router.cluster_specifier_plugin.matcher)",
  ]);
  const careful = {...settings, nativeSupported: false};
  expect(complaints(inspection(shop, {settings: careful}))).toEqual([
    "warning native: all proxies could route natively, but routing: auto writes routes",
  ]);
});

test("what could not be read is neither there nor missing", () => {
  const {state: _state, desired: _desired, ...rest} = inspection([]);
  const blind = {...rest, definitions: undefined, missingRights: undefined, settings: undefined, proxies: []};
  const found = complaints(blind);
  for (const [check, what] of [
    ["crds", "CRDs"],
    ["rights", "your rights"],
    ["images", "the settings"],
    ["wasm", "pods"],
  ])
    expect(found).toContain(`warning ${check}: ${what} could not be read, so this was not checked`);
  expect(found.filter((line) => /there is no CRD|not installed|you may/.test(line))).toEqual([]);
});

test("sidecars: proxies that were not asked are counted, and many of them are a warning", () => {
  const messages = (unasked: Inspection["unasked"]) =>
    judge(inspection(shop, {unasked})).flatMap(({check, status, message}) =>
      check === "sidecars" ? [`${status}: ${message}`] : [],
    );
  expect(messages({tooMany: 0, alike: 3})).toEqual([
    "ok: 2 proxies asked, each has its filters; 3 more are of the same workloads and were not asked",
  ]);
  expect(messages({tooMany: 7, alike: 0})).toEqual([
    "warning: 7 proxies of other workloads were not asked, as there are so many",
  ]);
});

test("rights: a port-forward that is not allowed only makes waiting blind", () => {
  expect(complaints(inspection(shop, {missingRights: ["create pods/portforward in namespace istio-system"]}))).toEqual([
    "warning rights: you may not create pods/portforward in namespace istio-system: nobody can tell when the proxies have a change",
  ]);
});

test("a line names some, and the data name all: rights, objects, pods", () => {
  const rights = Array.from({length: 46}, (_, index) => `create kind${index}`);
  const bare = Array.from({length: 9}, (_, index) => pod(`bare-${index}`, {}, "shop", ["app"]));
  const seen = {...inspection([...shop, ...bare], {missingRights: rights}), state: stateOf([...shop, ...bare])};
  const found = judge(seen).filter(({message}) => / and \d+ more$/.test(message));
  expect(found.map(({check}) => check)).toEqual(["rights", "objects", "sidecars"]);
  expect(found[0]).toMatchObject({message: expect.stringMatching(/ and 41 more$/) as string, names: rights});
  expect(found[2]?.names).toEqual(bare.map(({metadata}) => `shop/${metadata.name}`));
  for (const {message, names} of found) expect(names).toHaveLength(5 + Number(/(\d+) more$/.exec(message)![1]));
});
