import {expect, test} from "vitest";
import {parse, stringify} from "yaml";
import type {KubernetesObject} from "../../../../manager/model/kubernetes.ts";
import type {IstioObject, Notice, Rendering} from "../../../../manager/render/istio/options.ts";
import {steps} from "../../../../manager/render/istio/steps.ts";
import {named, rendered} from "./rendered.ts";
import {deployment, destinationRule, group, lane, object, service, virtualService} from "./shop-texts.ts";

const shop = [service("cart"), service("payment"), service("cart--ann"), service("cart--bob")];
const gateway = object("networking.istio.io/v1", "Gateway", "public", {
  selector: {istio: "ingress"},
  servers: [{port: {number: 80, name: "http", protocol: "HTTP"}, hosts: ["*"]}],
});
const routes = [{service: "cart", hosts: ["shop.example.com"]}];
const entry = {gateways: ["shop/public"], routes};
const native = {options: {nativeSupported: true}};

const payment = group({
  services: ["payment"],
  baseline: {labels: {version: "v1"}},
  entry: {gateways: ["shop/public"]},
}).replace("name: shop\n", "name: pay\n");

const obstacle =
  (kind: string, name: string) =>
  (one: IstioObject): Notice | undefined =>
    one.kind === kind && one.metadata.name.startsWith(name)
      ? {severity: "error", subject: name, reason: "NotOurs", message: "", hint: ""}
      : undefined;

/** `KIND NAME` of what goes when the one rendering follows the other. */
function gone(before: Rendering, after: Rendering): string[] {
  const live = before.objects.map((one) => structuredClone(one) as KubernetesObject);
  return steps(after.objects, live, after.kept)
    .flatMap(({writes}) => writes)
    .flatMap((one) => ("delete" in one ? [`${one.delete.kind} ${one.delete.metadata.name}`] : []));
}

const isRoute = ({metadata}: IstioObject) => metadata.labels["meshlane.dev/part"] === "routes";
const reasons = ({notices}: Rendering) => notices.map(({reason}) => reason);

test.each([
  ["by routes", {}],
  ["natively", native],
])("a VirtualService that somebody adds takes no lane down that is routed %s", (_way, given) => {
  const base = [group(), lane("ann"), ...shop];
  const weighted = [
    {destination: {host: "cart"}, weight: 9},
    {destination: {host: "payment"}, weight: 1},
  ];
  const after = rendered([...base, virtualService("mine", {hosts: ["cart"], http: [{route: weighted}]})], given);
  expect(reasons(after)).toEqual(["HostHasVirtualService"]);
  expect(after.notices[0]!.message).toContain("its lanes stay as they are");
  expect(gone(rendered(base, given), after)).toEqual([]);
  expect(gone(rendered(base, given), {...after, kept: []})).not.toEqual([]);
});

test.each([
  [
    "shares requests out by weight",
    [
      {destination: {host: "cart"}, weight: 9},
      {destination: {host: "payment"}, weight: 1},
    ],
  ],
  ["goes elsewhere", [{destination: {host: "payment"}}]],
])("a matcher goes when its owner's route, edited since, %s: it would hold requests of no lane back", (_how, route) => {
  const base = [group(), lane("ann"), ...shop];
  const before = rendered(
    [...base, virtualService("mine", {hosts: ["cart"], http: [{route: [{destination: {host: "cart"}}]}]})],
    native,
  );
  const edited = [...base, virtualService("mine", {hosts: ["cart"], http: [{route}]})];
  const standing = before.objects as KubernetesObject[];
  const after = rendered(edited, {options: {nativeSupported: true, standing}});
  expect(reasons(after)).toEqual(["HostHasVirtualService"]);
  expect(after.notices[0]!.message).toMatch(
    /^has this host; its lanes go where these routes say, as what was merged into them fits no more/,
  );
  expect(gone(before, after)).toEqual(["EnvoyFilter meshlane-routes-80.cart.shop"]);
});

test("a VirtualService that somebody adds for a host of the gateway leaves the route that is there", () => {
  const base = [group({entry}), lane("ann"), ...shop, gateway];
  const theirs = {
    hosts: ["shop.example.com"],
    gateways: ["public"],
    http: [{route: [{destination: {host: "payment"}}]}],
  };
  const after = rendered([...base, virtualService("mine", theirs)]);
  expect(reasons(after)).toEqual(["HostHasVirtualService"]);
  expect(gone(rendered(base), after)).toEqual([]);
  expect(gone(rendered(base), {...after, kept: []})).not.toEqual([]);
});

/** Lanes of which ten are too many for one edge. */
function big(lanes: number): string[] {
  const match = Array.from({length: 60}, (_none, index) => ({uri: {exact: `/${"a".repeat(900)}${index}`}}));
  const services = [{name: "cart", to: "cart--ann"}];
  return Array.from({length: lanes}, (_none, index) => lane(`big-${index}`, {match, services}));
}

test("an edge that grows too large stays as it was, and so do its strip and the routes of the groups that enter there", () => {
  const base = [group({entry: {gateways: ["shop/public"]}}), lane("ann"), ...shop, gateway];
  const texts = (lanes: number) => [...base, ...big(lanes)];
  const after = rendered(texts(12));
  expect(reasons(after)).toEqual(["TooLarge"]);
  expect(
    after.objects.some(({kind, metadata}) => kind === "EnvoyFilter" && metadata.name.startsWith("meshlane-edge")),
  ).toBe(true);
  expect(after.objects.some(isRoute)).toBe(false);
  expect(gone(rendered(texts(1)), after)).toEqual([]);
  expect(gone(rendered(texts(1)), {...after, kept: []}).map((one) => one.split(" ")[0])).toEqual([
    "VirtualService",
    "WasmPlugin",
  ]);
});

const both = {
  hosts: ["cart", "payment"],
  http: ["cart", "payment"].map((host) => ({match: [{authority: {prefix: host}}], route: [{destination: {host}}]})),
};
const twoGroups = [
  group({services: ["cart"]}),
  payment,
  ...shop,
  deployment("payment", "v1"),
  deployment("payment", "v2"),
];
const ofCart = (to: string) => lane("ann", {group: "shop", services: [{name: "cart", to}]});
const ofPayment = lane("next", {group: "pay", services: [{name: "payment", labels: {version: "v2"}}]});

/** Handed over for cart and payment, and what is written of routes and destinations when other texts follow. */
function afterBoth(texts: readonly string[], options: object = {}, groups = twoGroups) {
  const adopt = ["shop/cart", "shop/payment"];
  const first = [...twoGroups, gateway, ofCart("cart--ann"), ofPayment, virtualService("cart", both)];
  const before = rendered(first, {options: {adopt}});
  const live = before.objects.map((one) => structuredClone(one) as KubernetesObject);
  const handed = named(before, "VirtualService", "cart");
  const after = rendered([...groups, ...texts, stringify(handed)], {options: {...options, adopt, handed: [handed]}});
  const changed = steps(after.objects, live, after.kept)
    .flatMap(({writes}) => writes)
    .map((one) => ("put" in one ? one.put : one.delete))
    .filter(({kind}) => kind === "VirtualService" || kind === "DestinationRule");
  return {reasons: reasons(after), changed: changed.map(({kind, metadata}) => `${kind} ${metadata.name}`)};
}

test.each([
  ["whose gateway is gone", [], {}, "GatewayNotFound"],
  [
    "whose destinations may not be written",
    [gateway],
    {obstacle: obstacle("DestinationRule", "meshlane-payment")},
    "NotOurs",
  ],
])(
  "what is handed over for several services stays as it is, and so do they, with one %s",
  (_what, texts, options, why) => {
    const after = afterBoth([...texts, ofCart("cart--bob"), ofPayment], options);
    expect(after).toEqual({reasons: [why, "HandedOverTogether"], changed: []});
    expect(afterBoth([gateway, ofCart("cart--bob"), ofPayment]).changed).toEqual(["VirtualService cart"]);
  },
);

test("a service that has no lane any more keeps its destinations while a VirtualService that names them stays for another", () => {
  const second = virtualService("other", {hosts: ["cart"], http: [{route: [{destination: {host: "cart"}}]}]});
  const after = afterBoth([gateway, ofCart("cart--bob"), second]);
  expect(after).toEqual({reasons: ["CannotAdopt", "HandedOverTogether"], changed: []});
  const oneGroup = twoGroups.filter((text) => text !== payment);
  expect(afterBoth([gateway, ofCart("cart--bob"), second], {}, oneGroup)).toEqual(after);
  expect(afterBoth([gateway, ofCart("cart--bob")]).changed).toContain("DestinationRule meshlane-payment");
});

test.each(["WasmPlugin", "TrafficExtension"] as const)(
  "guards stay for lanes of a group that is gone, while a VirtualService that was handed over for another's service too stays (%s)",
  (extensionApi) => {
    const doors = ["own", "public"].map((name) =>
      object("networking.istio.io/v1", "Gateway", name, {selector: {istio: name}, servers: []}),
    );
    const cart = group({
      services: ["cart"],
      entry: {gateways: ["shop/own", "shop/public"], hosts: ["cart.example.com"]},
    });
    const all = [payment, ofPayment, ...shop, deployment("payment", "v1"), deployment("payment", "v2"), ...doors];
    const first = [...all, cart, ofCart("cart--ann"), virtualService("cart", both)];
    const adopt = ["shop/cart", "shop/payment"];
    const before = rendered(first, {options: {adopt, extensionApi}});
    const handed = named(before, "VirtualService", "cart");
    const second = virtualService("other", {hosts: ["payment"], http: [{route: [{destination: {host: "payment"}}]}]});
    const given = {options: {adopt, handed: [handed], extensionApi}};
    const changed = (texts: readonly string[]) => {
      const {objects, kept} = rendered([...all, ...texts, stringify(handed)], given);
      const live = before.objects.map((one) => structuredClone(one) as KubernetesObject);
      return steps(objects, live, kept)
        .flatMap(({writes}) => writes)
        .map((one) => ("put" in one ? one.put : one.delete).metadata.name.replace(/-[0-9a-f]{8}$/, ""))
        .filter((name) => name === "cart" || name.startsWith("meshlane-edge"));
    };
    const edges = ["meshlane-edge-public", "meshlane-edge-own", "meshlane-edge-own"];
    expect(changed([])).toEqual(["cart", ...edges]);
    expect(changed([second])).toEqual([]);
  },
);

test.each([
  ["strip of a gateway", "EnvoyFilter", "meshlane-edge", {entry: {gateways: ["shop/public"]}}],
  ["edge of a gateway", "WasmPlugin", "meshlane-edge", {entry: {gateways: ["shop/public"]}}],
  ["edge of an entry service", "WasmPlugin", "meshlane-entry", {entry: {services: ["payment"]}}],
])("where the %s may not be written, no route is new and none goes", (_what, kind, name, spec) => {
  const base = [group(spec), ...shop, gateway];
  const before = rendered([...base, lane("ann")]);
  const after = rendered([...base, lane("bob")], {
    options: {obstacle: obstacle(kind, name)},
  });
  expect(reasons(after)).toEqual(["NotOurs"]);
  expect([before.objects.some(isRoute), after.objects.some(isRoute)]).toEqual([true, false]);
  expect(gone(before, after)).toEqual([]);
  expect(gone(before, {...after, kept: []})).not.toEqual([]);
});

test("a group that the edge of its gateway cannot learn of has no route there, and groups elsewhere have theirs", () => {
  const other = object("networking.istio.io/v1", "Gateway", "other", {selector: {istio: "other"}, servers: []});
  const rest = {services: ["cart"], entry: {gateways: ["shop/public"], lane: [{header: "x-swimlane", anyone: true}]}};
  const added = {services: ["payment"], entry: {gateways: ["shop/public"], hosts: ["pay.example.com"]}};
  const of = (name: string, key: string) => lane(`${name}-ann`, {group: key, services: [{name, to: "cart--ann"}]});
  const texts = (gateways: string[]) => [
    object("meshlane.dev/v1alpha1", "SwimLaneGroup", "rest", rest),
    object("meshlane.dev/v1alpha1", "SwimLaneGroup", "added", {...added, entry: {...added.entry, gateways}}),
    of("cart", "rest"),
    of("payment", "added"),
    ...shop,
    gateway,
    other,
  ];
  const routesOf = (gateways: string[], name: string) =>
    rendered(texts(gateways), {options: {obstacle: obstacle("WasmPlugin", name)}})
      .objects.filter(isRoute)
      .map(({metadata}) => metadata.name);
  expect(routesOf(["shop/public"], "meshlane-edge-ingress")).toEqual([]);
  expect(routesOf(["shop/other"], "meshlane-edge-ingress")).toEqual(["meshlane-payment"]);
  expect(routesOf(["shop/public"], "none")).toEqual(["meshlane-cart", "meshlane-payment"]);
});

const notOurs = {options: {obstacle: obstacle("WasmPlugin", "meshlane-entry")}};
const entering = (...names: string[]) => group({services: ["cart", ...names], entry: {services: names}});

test.each([
  ["may not be written", [entering("payment"), ...shop], notOurs],
  ["grows too large", [entering("payment"), ...shop, ...big(12)], {}],
  ["is for a Service that is not there", [entering("front"), ...shop], {}],
  [
    "is for pods that two entry services share in part",
    [
      entering("payment", "front"),
      ...shop,
      service("front", {selector: {tier: "front"}}),
      ...["{app: payment}", "{tier: front}", "{app: payment, tier: front}"].map(
        (labels) => `{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, labels: ${labels}}}`,
      ),
    ],
    {},
  ],
] as const)(
  "inbound stays as it is, and on the same pods, where the edge of an entry service %s",
  (_what, texts, given) => {
    for (const before of [rendered([group(), ...shop]), rendered([entering("payment"), ...shop])]) {
      const after = rendered(texts, given);
      const live = before.objects.map((one) => structuredClone(one) as KubernetesObject);
      const written = steps(after.objects, live, after.kept)
        .flatMap(({writes}) => writes)
        .map((one) => ("put" in one ? one.put : one.delete).metadata.name);
      expect(named(before, "WasmPlugin", "meshlane-inbound")).toBeDefined();
      expect(written).not.toContain("meshlane-inbound");
    }
  },
);

test("a new inbound leaves no pods alone whose edge may not be written", () => {
  const entering = group({services: ["cart"], entry: {services: ["cart"]}});
  const other = group({services: ["payment"]}).replace("name: shop\n", "name: pay\n");
  const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
  const texts = [entering, other, namespace, ...shop];
  const inbound = (one: Rendering) => JSON.stringify(named(one, "WasmPlugin", "meshlane-inbound").spec);
  expect(inbound(rendered(texts))).toContain('"except":[{"app":"cart"}]');
  const options = {standing: [], obstacle: obstacle("WasmPlugin", "meshlane-entry")};
  const after = rendered(texts, {options});
  expect(reasons(after)).toContain("NotOurs");
  expect(inbound(after)).not.toContain("except");
});

test("where an edge stays as it is, only inbound of its own namespace does too", () => {
  const away = {services: ["none"], entry: {services: ["none"]}};
  const texts = [group(), object("meshlane.dev/v1alpha1", "SwimLaneGroup", "away", away, "away"), ...shop];
  const {objects} = rendered(texts);
  const inbounds = objects.filter(({metadata}) => metadata.name === "meshlane-inbound");
  expect(inbounds.map(({metadata}) => metadata.namespace)).toEqual(["shop"]);
});

test.each([
  ["WasmPlugin", "WasmPlugin", []],
  ["WasmPlugin", "TrafficExtension", []],
  ["none", "WasmPlugin", ["meshlane-inbound"]],
] as const)(
  "where inbound is not there yet, other groups of the namespace have it although an edge cannot be decided: there %s, wanted %s",
  (there, extensionApi, wanted) => {
    const away = {services: ["none"], entry: {services: ["none"]}};
    const texts = [group(), object("meshlane.dev/v1alpha1", "SwimLaneGroup", "away", away), ...shop];
    const standing = rendered([group(), ...shop]).objects.filter(({kind}) => kind === there);
    const {objects, kept} = rendered(texts, {options: {standing, extensionApi}});
    const names = objects.map(({metadata}) => metadata.name);
    expect(names.filter((name) => name === "meshlane-inbound")).toEqual(wanted);
    expect(kept!.filter((name) => name.endsWith("/meshlane-inbound"))).toHaveLength(wanted.length === 0 ? 2 : 0);
  },
);

test("where a service's route may not be written, its destinations stay too, and other services have theirs", () => {
  const base = [group(), lane("ann"), lane("bob", {services: [{name: "payment", to: "cart--bob"}]}), ...shop];
  const after = rendered(base, {options: {obstacle: obstacle("VirtualService", "meshlane-cart")}});
  const names = after.objects.flatMap(({kind, metadata}) => (kind === "VirtualService" ? [metadata.name] : []));
  expect(names).toEqual(["meshlane-payment"]);
  expect(after.kept).toEqual(expect.arrayContaining(["routes shop/cart", "destinations shop/cart"]));
});

test("what is kept of one service does not keep a lane that goes in another", () => {
  const of = (name: string) => lane("bob", {services: [{name, to: "cart--bob"}]});
  const mine = virtualService("mine", {hosts: ["cart"], http: [{redirect: {uri: "/"}}]});
  const before = rendered([group(), lane("ann"), of("payment"), ...shop]);
  const after = rendered([group(), lane("ann"), ...shop, mine]);
  expect(gone(before, after)).toEqual(["VirtualService meshlane-payment"]);
});

test("a subset of ours that somebody's pasted routes name stays when its lane goes, and that is said", () => {
  const http = [{route: [{destination: {host: "cart"}}]}];
  const base = [group({baseline: {labels: {version: "v1"}}}), ...shop, deployment("cart", "v1")];
  const lanes = [lane("next", {services: [{name: "cart", labels: {version: "v2"}}]}), deployment("cart", "v2")];
  const before = rendered([...base, ...lanes, virtualService("cart", {hosts: ["cart"], http})], {
    options: {adopt: ["shop/cart"]},
  });
  const pasted = virtualService("cart", named(before, "VirtualService", "cart").spec);
  const rule = "DestinationRule meshlane-cart";
  const used = rendered([...base, ...lanes, pasted]);
  expect([reasons(used), gone(used, used)]).toEqual([[], []]);
  const after = rendered([...base, pasted]);
  expect(reasons(after)).toEqual(["SubsetNamed", "SubsetNamed"]);
  expect(gone(used, after)).toEqual([]);
  const free = rendered([...base, virtualService("cart", {hosts: ["cart"], http})]);
  expect([reasons(free), gone(used, free)]).toEqual([[], [rule]]);
});

test("a subset of a user's own rule is none of ours, whatever its name", () => {
  const subset = "meshlane-canary";
  const rule = object("networking.istio.io/v1", "DestinationRule", "cart", {host: "cart", subsets: [{name: subset}]});
  const routed = virtualService("cart", {hosts: ["cart"], http: [{route: [{destination: {host: "cart", subset}}]}]});
  expect(reasons(rendered([group(), ...shop, routed]))).toEqual(["SubsetNamed"]);
  expect(reasons(rendered([group(), ...shop, routed, rule]))).toEqual([]);
});

test.each([
  ["nobody knows what is there", undefined, [], []],
  ["it is there", "all", [], []],
  ["it is not there", "none", ["error SubsetMissing"], []],
  ["a rule of the user's has it", "none", [], ["meshlane-v3"]],
])(
  "a subset of ours that pasted routes name and no lane gives is an error where it is missing: %s",
  (_name, standing, wanted, theirs) => {
    const texts = [
      group({routing: "routes", baseline: {labels: {version: "v1"}}}),
      lane("next", {services: [{name: "cart", labels: {version: "v2"}}]}),
      ...["v1", "v2"].map((version) => deployment("cart", version)),
      ...shop,
    ];
    const http = [{match: [{uri: {prefix: "/"}}], route: [{destination: {host: "cart", subset: "meshlane-v3"}}]}];
    const rule = {host: "cart", subsets: [{name: "meshlane-v3", labels: {version: "v3"}}]};
    const ours = parse(destinationRule("meshlane-cart", rule)) as KubernetesObject;
    const own = theirs.length > 0 ? [destinationRule("own", rule)] : [];
    const options = standing === undefined ? {} : {standing: standing === "all" ? [ours] : []};
    const {notices} = rendered([...texts, ...own, virtualService("mine", {hosts: ["cart"], http})], {options});
    const said = notices.map(({severity, reason}) => `${severity} ${reason}`);
    expect(said).toEqual(["error HostHasVirtualService", ...wanted]);
  },
);
