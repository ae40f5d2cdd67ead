import {expect, test} from "vitest";
import {stringify} from "yaml";
import type {IstioOptions} from "../../../../manager/render/istio/options.ts";
import {named, namesOf, rendered} from "./rendered.ts";
import {deployment, group, lane, object, service, virtualService} from "./shop-texts.ts";

const shop = [service("cart"), service("payment"), service("cart--ann")];
const gateway = object(
  "networking.istio.io/v1",
  "Gateway",
  "public",
  {
    selector: {istio: "ingress"},
    servers: [80, 443].map((number) => ({port: {number, name: `p${number}`, protocol: "HTTP"}, hosts: ["*"]})),
  },
  "ingress",
);
const ported = {destination: {host: "cart", port: {number: 80}}};
const users = virtualService("mine", {
  hosts: ["shop.example.com"],
  gateways: ["ingress/public"],
  http: [
    {name: "api", route: [ported]},
    {name: "pay", route: [{destination: {host: "payment"}}]},
  ],
});

function entered(route: object, texts: string[], options: Partial<IstioOptions> = {nativeSupported: true}) {
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", ...route}]};
  const rendering = rendered([group({entry}), lane("ann"), ...shop, gateway, ...texts], {options});
  const reasons = rendering.notices.map(({reason}) => reason);
  const names = namesOf(rendering, ["routes"]).filter(
    (name) => !name.includes("meshlane-routes-") && !name.endsWith("/meshlane-cart"),
  );
  return {rendering, reasons, names};
}

test("handed over: the hosts' route on the group's gateways, lanes first, the baseline last", () => {
  const {rendering, reasons, names} = entered({hosts: ["shop.example.com"]}, []);
  expect(reasons).toEqual([]);
  const [name] = names.map((each) => each.split("/")[1]!);
  expect(named(rendering, "VirtualService", name!).spec).toEqual({
    hosts: ["shop.example.com"],
    gateways: ["ingress/public"],
    http: [
      {
        name: "cart--ann",
        match: [{headers: {"x-swimlane": {exact: "ann"}}}],
        route: [{destination: {host: "cart--ann.shop.svc.cluster.local", port: {number: 80}}}],
      },
      {name: "baseline", route: [{destination: {host: "cart.shop.svc.cluster.local", port: {number: 80}}}]},
    ],
  });
});

test("handed over without lanes: somebody has to answer for the host", () => {
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", hosts: ["shop.example.com"]}]};
  const rendering = rendered([group({entry}), ...shop, gateway]);
  expect(namesOf(rendering, ["routes"])).toEqual([expect.stringMatching(/^VirtualService shop\/meshlane-entry-cart-/)]);
});

test("a host that a user's VirtualService has on the gateway is not taken over", () => {
  const {reasons, names} = entered({hosts: ["shop.example.com"]}, [users]);
  expect([reasons, names]).toEqual([["HostHasVirtualService"], []]);
});

test("beside a host that a user's VirtualService has, the others are taken over all the same", () => {
  const {reasons, names, rendering} = entered({hosts: ["shop.example.com", "other.example.com"]}, [users]);
  expect(reasons).toEqual(["HostHasVirtualService"]);
  const [name] = names.map((each) => each.split("/")[1]);
  expect(named(rendering, "VirtualService", name!).spec).toMatchObject({hosts: ["other.example.com"]});
});

test("delegated: no hosts, no gateways, the name that the user's names", () => {
  const {rendering, names} = entered({delegate: "lanes-of-cart"}, []);
  expect(names).toEqual(["VirtualService shop/lanes-of-cart"]);
  expect(Object.keys(named(rendering, "VirtualService", "lanes-of-cart").spec)).toEqual(["http"]);
});

test("a delegate's name that a user's VirtualService has is not overwritten", () => {
  const {reasons, names} = entered({delegate: "mine"}, [users]);
  expect([reasons, names]).toEqual([["HostHasVirtualService"], []]);
});

interface Spec {
  workloadSelector: object;
  configPatches: {match: {context: string; routeConfiguration: {vhost: object}}}[];
}

test("merged: the matcher in the named route, on the gateway's pods, for each host and server port", () => {
  const {rendering, reasons, names} = entered({merge: {virtualService: "shop/mine", route: "api"}}, [users]);
  expect(reasons).toEqual([]);
  expect(names).toHaveLength(1);
  const [kind, path] = names[0]!.split(" ");
  expect(path).toMatch(/^ingress\//);
  const spec = named(rendering, kind!, path!.split("/")[1]!).spec as unknown as Spec;
  expect(spec.workloadSelector).toEqual({labels: {istio: "ingress"}});
  expect(spec.configPatches.map(({match}) => [match.context, match.routeConfiguration.vhost])).toEqual(
    [443, 80].map((port) => ["GATEWAY", {name: `shop.example.com:${port}`, route: {action: "ROUTE", name: "api"}}]),
  );
  expect(JSON.stringify(spec)).toContain("outbound|80||cart.shop.svc.cluster.local");
});

const kubernetesGateway = object(
  "gateway.networking.k8s.io/v1",
  "Gateway",
  "public",
  {
    gatewayClassName: "istio",
    listeners: [{name: "http", port: 80, protocol: "HTTP", allowedRoutes: {namespaces: {from: "All"}}}],
  },
  "ingress",
);

test("merged into an HTTPRoute: a rule without a name is named as istiod names it", () => {
  const route = object("gateway.networking.k8s.io/v1", "HTTPRoute", "mine", {
    parentRefs: [{name: "public", namespace: "ingress"}],
    hostnames: ["shop.example.com"],
    rules: [{backendRefs: [{name: "payment", port: 80}]}, {backendRefs: [{name: "cart", port: 80}]}],
  });
  const merged = entered({merge: {httpRoute: "shop/mine", route: "shop.mine.1"}}, [route, kubernetesGateway]);
  expect([merged.reasons, merged.names.length], "on that of two gateways of one name").toEqual([[], 1]);
  const [name] = merged.names.map((each) => each.split("/")[1]!);
  expect(named(merged.rendering, "EnvoyFilter", name!).spec).toHaveProperty("targetRefs");
  const other = entered({merge: {httpRoute: "shop/mine", route: "shop.mine.0"}}, [route, kubernetesGateway]);
  expect([other.reasons, other.names.length]).toEqual([["CannotMerge"], 0]);
});

test.each<[string, object, Partial<IstioOptions>]>([
  ["a route that goes elsewhere", {virtualService: "shop/mine", route: "pay"}, {nativeSupported: true}],
  ["a route that is not there", {virtualService: "shop/mine", route: "none"}, {nativeSupported: true}],
  ["proxies that do not support it", {virtualService: "shop/mine", route: "api"}, {nativeSupported: false}],
])("not merged with %s", (_name, merge, options) => {
  const {reasons, names} = entered({merge}, [users], options);
  expect([reasons, names]).toEqual([["CannotMerge"], []]);
});

test("not merged with a VirtualService that is not there, and the one that is gets no way by it", () => {
  const {reasons, names} = entered({merge: {virtualService: "shop/none", route: "api"}}, [users]);
  expect([reasons, names]).toEqual([["CannotMerge", "EntryWithoutWay"], []]);
});

test.each<[string, object, object, string[]]>([
  ["at a host that is not handed over", {hosts: ["other.example.com"]}, {}, ["EntryWithoutWay"]],
  ["beside a delegate", {delegate: "lanes"}, {}, ["EntryWithoutWay"]],
  [
    "beside the one that is merged",
    {merge: {virtualService: "shop/mine", route: "api"}},
    {http: [{name: "api", route: [ported]}, {route: [ported]}]},
    ["EntryWithoutWay"],
  ],
])(
  "a user's route to a service %s is reported, though a way was chosen for another",
  (_where, route, spec, expected) => {
    const mine = virtualService("mine", {
      hosts: ["shop.example.com"],
      gateways: ["ingress/public"],
      http: [{name: "api", route: [ported]}],
      ...spec,
    });
    expect(entered(route, [mine]).reasons).toEqual(expected);
  },
);

test.each<[string, object | undefined, string[]]>([
  ["names it", {name: "lanes", namespace: "shop"}, []],
  ["names one of its own namespace, which is the same", {name: "lanes"}, []],
  ["names another", {name: "other"}, ["NobodyDelegates"]],
  ["is not there", undefined, ["NobodyDelegates"]],
])("a delegate is reported unless a root route names it: one that %s", (_what, delegate, expected) => {
  const root = virtualService("root", {
    hosts: ["shop.example.com"],
    gateways: ["ingress/public"],
    http: [{delegate}],
  });
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", delegate: "lanes"}]};
  const namespaces = ["shop", "ingress"].map((name) => object("v1", "Namespace", name, {}));
  const texts = [group({entry}), lane("ann"), ...shop, gateway, ...namespaces, ...(delegate ? [root] : [])];
  const reasonsWhere = (complete: boolean) =>
    rendered(texts, {options: {nativeSupported: true}, cluster: {complete}})
      .notices.map(({reason}) => reason)
      .filter((reason) => reason === "NobodyDelegates");
  expect(reasonsWhere(true)).toEqual(expected);
  expect(reasonsWhere(false), "files need not hold it").toEqual([]);
});

test("a gateway that calls a lane's service by a user's route, where nobody chose a way, is reported with the ways", () => {
  const entry = {gateways: ["ingress/public"]};
  const {notices} = rendered([group({entry}), lane("ann"), ...shop, gateway, users]);
  expect(notices).toMatchObject([
    {severity: "warning", subject: "VirtualService shop/mine (yours)", reason: "EntryWithoutWay"},
  ]);
  expect(notices[0]!.hint).toMatch(/hosts: .*delegate: .*merge: \{virtualService: shop\/mine, route: NAME\}/);
  const none = rendered([group({entry}), ...shop, gateway, users]);
  expect(none.notices).toEqual([]);
});

test("handed over on a gateway of the Gateway API: HTTPRoutes, as many as its 16 rules an object need", () => {
  const lanes = Array.from({length: 20}, (_none, index) => `lane-${index}`);
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", hosts: ["shop.example.com"]}]};
  const texts = [
    group({entry}),
    ...lanes.map((name) => lane(name)),
    service("cart"),
    service("payment"),
    kubernetesGateway,
  ];
  const routes = rendered(texts).objects.filter(({kind}) => kind === "HTTPRoute");
  const rules = routes.map(
    ({spec}) => spec["rules"] as {matches: {headers?: object[]}[]; backendRefs: {name: string}[]}[],
  );
  expect(rules.map((some) => some.length)).toEqual([16, 5]);
  expect(rules[0]![0]).toMatchObject({matches: [{path: {value: "/"}}], backendRefs: [{name: "cart", port: 80}]});
  expect(rules.flat().filter(({matches}) => matches[0]!.headers === undefined)).toHaveLength(1);
});

test("on a gateway of the Gateway API a strict lane whose Service is not there gets no baseline, but a 500", () => {
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", hosts: ["shop.example.com"]}]};
  const ready = object("discovery.k8s.io/v1", "EndpointSlice", "cart-1", {});
  const texts = [group({entry}), lane("ann", {strict: true}), service("cart"), service("payment"), kubernetesGateway];
  const rules = rendered([...texts, ready]).objects.find(({kind}) => kind === "HTTPRoute")!.spec["rules"];
  expect(rules).toEqual([
    {matches: [{path: {type: "PathPrefix", value: "/"}}], backendRefs: [expect.objectContaining({name: "cart"})]},
    {
      matches: [{path: {type: "PathPrefix", value: "/"}, headers: [{type: "Exact", name: "x-swimlane", value: "ann"}]}],
    },
  ]);
});

test("labels at a gateway of the Gateway API are reported: its routes cannot name them", () => {
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", hosts: ["shop.example.com"]}]};
  const texts = [
    group({entry, baseline: {labels: {version: "v1"}}}),
    lane("next", {services: [{name: "cart", labels: {version: "v2"}}]}),
    ...shop,
    kubernetesGateway,
    deployment("cart", "v1"),
    deployment("cart", "v2"),
  ];
  const [notice, ...more] = rendered(texts).notices;
  expect([notice?.reason, more]).toEqual(["LabelsAtGateway", []]);
  expect(notice!.message).toMatch(
    /lanes next go to any pod of shop\/cart, and requests of no lane to the pods of these lanes too$/,
  );
});

const elsewhere = (selector: object, port = 80) =>
  object(
    "networking.istio.io/v1",
    "Gateway",
    "other",
    {
      selector,
      servers: [{port: {number: port, name: "p", protocol: "HTTP"}, hosts: ["*"]}],
    },
    "ingress",
  );
const usersAt = (host: string, gatewayName = "public") =>
  virtualService("mine", {
    hosts: [host],
    gateways: [`ingress/${gatewayName}`],
    http: [{route: [{destination: {host: "payment"}}]}],
  });
const httpRoute = (spec: object) =>
  object("gateway.networking.k8s.io/v1", "HTTPRoute", "mine", {
    parentRefs: [{name: "public", namespace: "ingress"}],
    ...spec,
    rules: [{backendRefs: [{name: "payment", port: 80}]}],
  });

test.each<[string, string, string[], string[]]>([
  ["the same host", "shop.example.com", [usersAt("Shop.example.com")], ["HostHasVirtualService"]],
  ["a wildcard over it", "shop.example.com", [usersAt("*.example.com")], ["HostHasVirtualService"]],
  ["a wildcard over labels", "a.shop.example.com", [usersAt("*.example.com")], ["HostHasVirtualService"]],
  ["all hosts", "shop.example.com", [usersAt("*")], ["HostHasVirtualService"]],
  ["a host within our wildcard, which goes first", "*.example.com", [usersAt("shop.example.com")], []],
  ["another host", "shop.example.com", [usersAt("pay.example.com")], []],
  [
    "it on another Gateway of the pods",
    "shop.example.com",
    [elsewhere({istio: "ingress"}), usersAt("shop.example.com", "other")],
    ["HostHasVirtualService"],
  ],
  ["it on other pods", "shop.example.com", [elsewhere({istio: "private"}), usersAt("shop.example.com", "other")], []],
  [
    "it on another port",
    "shop.example.com",
    [elsewhere({istio: "ingress"}, 8080), usersAt("shop.example.com", "other")],
    [],
  ],
])("a host is handed over unless a user has %s", (_what, host, texts, expected) => {
  expect(entered({hosts: [host]}, texts).reasons).toEqual(expected);
});

test.each<[string, object, string[]]>([
  ["the host", {hostnames: ["shop.example.com"]}, ["HostHasHttpRoute"]],
  ["no hosts, so all", {}, ["HostHasHttpRoute"]],
  ["another host", {hostnames: ["pay.example.com"]}, []],
])("a host is handed over unless an HTTPRoute of a user has %s", (_what, spec, expected) => {
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", hosts: ["shop.example.com"]}]};
  const {notices} = rendered([group({entry}), lane("ann"), ...shop, kubernetesGateway, httpRoute(spec)]);
  expect(notices.map(({reason}) => reason)).toEqual(expected);
});

const grpcRoute = (host: string, backend: string) =>
  object("gateway.networking.k8s.io/v1", "GRPCRoute", "mine", {
    parentRefs: [{name: "public", namespace: "ingress"}],
    hostnames: [host],
    rules: [{backendRefs: [{name: backend, port: 80}]}],
  });

test.each<[string, string, string[]]>([
  ["the host", "shop.example.com", ["HostHasGrpcRoute"]],
  ["another host", "pay.example.com", []],
])("a host is handed over unless a GRPCRoute of a user has %s", (_what, host, expected) => {
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", hosts: ["shop.example.com"]}]};
  const texts = [group({entry}), lane("ann"), ...shop, kubernetesGateway, grpcRoute(host, "payment")];
  expect(rendered(texts).notices.map(({reason}) => reason)).toEqual(expected);
});

test("a gateway that calls a lane's service by a user's GRPCRoute is reported with the ways, as by an HTTPRoute", () => {
  const texts = [lane("ann"), ...shop, kubernetesGateway, grpcRoute("shop.example.com", "cart")];
  const {notices} = rendered([group({entry: {gateways: ["ingress/public"]}}), ...texts]);
  expect(notices).toMatchObject([{subject: "GRPCRoute shop/mine (yours)", reason: "EntryWithoutWay"}]);
  expect(notices[0]!.hint).toMatch(/hosts: .*merge: \{httpRoute: shop\/NAME, route: NAME\}/);
  const merge = {virtualService: "shop/mine", route: "shop.mine.0"};
  const named = {gateways: ["ingress/public"], routes: [{service: "cart", merge}]};
  const reasons = rendered([group({entry: named}), ...texts]).notices.map(({reason}) => reason);
  expect(reasons, "nothing is merged into it").toEqual(["CannotMerge", "EntryWithoutWay"]);
});

test("a route merged on a gateway of the Gateway API names the gateway, as all that is for its pods does", () => {
  const merge = {httpRoute: "shop/mine", route: "shop.mine.0"};
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", merge}]};
  const theirs = object("gateway.networking.k8s.io/v1", "HTTPRoute", "mine", {
    parentRefs: [{name: "public", namespace: "ingress"}],
    rules: [{backendRefs: [{name: "cart", port: 80}]}],
  });
  const texts = [group({entry}), lane("ann"), ...shop, kubernetesGateway, theirs];
  const {objects} = rendered(texts, {options: {nativeSupported: true}});
  const merged = objects.filter(({metadata}) => metadata.name.startsWith("meshlane-entry-"));
  const target = [{group: "gateway.networking.k8s.io", kind: "Gateway", name: "public"}];
  expect(merged.map(({spec}) => spec["targetRefs"])).toEqual([target, target]);
});

test("an HTTPRoute of a Service without rules is no obstacle that ends everything", () => {
  const empty = object("gateway.networking.k8s.io/v1", "HTTPRoute", "mine", {
    parentRefs: [{kind: "Service", name: "cart"}],
  });
  expect(() => rendered([group(), lane("ann"), ...shop, empty], {options: {nativeSupported: true}})).not.toThrow();
});

const toCart = (name: string, more: object = {}) => ({name, route: [ported], ...more});
const toPayment = (name: string, more: object = {}) => ({name, route: [{destination: {host: "payment"}}], ...more});
const bound = (name: string, http: object[], more: object = {}) =>
  virtualService(name, {hosts: ["shop.example.com"], gateways: ["ingress/public"], http, ...more});
const mine = bound("mine", [toCart("primary")]);
const intoPrimary = {merge: {virtualService: "shop/mine", route: "primary"}};

const sameNameRule = (name: string) =>
  object("gateway.networking.k8s.io/v1", "HTTPRoute", "theirs", {
    parentRefs: [{name: "near", namespace: "ingress"}],
    rules: [{name, backendRefs: [{name: "payment", port: 80}]}],
  });
const nearGateway = object(
  "gateway.networking.k8s.io/v1",
  "Gateway",
  "near",
  {
    gatewayClassName: "istio",
    addresses: [{type: "Hostname", value: "ingress.ingress.svc.cluster.local"}],
    listeners: [{name: "http", port: 80, protocol: "HTTP", hostname: "shop.example.com"}],
  },
  "ingress",
);
const ingress = service("ingress", {selector: {istio: "ingress"}}, "ingress");

test.each<[string, string[], string | undefined]>([
  ["another VirtualService", [bound("other", [toPayment("primary")])], "VirtualService shop/other"],
  [
    "one on another Gateway of the pods",
    [elsewhere({istio: "ingress"}), bound("other", [toPayment("primary")], {gateways: ["ingress/other"]})],
    "VirtualService shop/other",
  ],
  ["an HTTPRoute on these pods", [ingress, nearGateway, sameNameRule("primary")], "HTTPRoute shop/theirs"],
  [
    "a wildcard that the server narrows to the host",
    [
      elsewhere({istio: "ingress"}).replace('- "*"', "- shop.example.com"),
      bound("other", [toPayment("primary")], {hosts: ["*.example.com"], gateways: ["ingress/other"]}),
    ],
    "VirtualService shop/other",
  ],
  [
    "a match's name that makes it",
    [bound("mine", [toCart("primary", {match: [{name: "m1"}]}), toPayment("primary.m1")])],
    "VirtualService shop/mine",
  ],
  [
    "a delegate's name that makes it",
    [
      bound("mine", [toCart("primary-a")]),
      bound("other", [{name: "primary", delegate: {name: "theirs"}}]),
      virtualService("theirs", {http: [toPayment("a")]}),
    ],
    "VirtualService shop/other",
  ],
  ["an HTTPRoute of another name", [ingress, nearGateway, sameNameRule("other")], undefined],
  ["another host", [bound("other", [toPayment("primary")], {hosts: ["pay.example.com"]})], undefined],
  [
    "a wildcard, which is a virtual host of its own",
    [bound("other", [toPayment("primary")], {hosts: ["*.example.com"]})],
    undefined,
  ],
  [
    "it on other pods",
    [elsewhere({istio: "private"}), bound("other", [toPayment("primary")], {gateways: ["ingress/other"]})],
    undefined,
  ],
  ["a redirect", [bound("other", [{name: "primary", redirect: {uri: "/"}}])], undefined],
])("not merged where another route of that name is in the same virtual host: %s", (_what, texts, expected) => {
  const own = texts.some((text) => text.includes("name: mine")) ? [] : [mine];
  const route = texts.some((text) => text.includes("primary-a")) ? "primary-a" : "primary";
  const {rendering, reasons, names} = entered({merge: {virtualService: "shop/mine", route}}, [...own, ...texts]);
  expect([reasons, names.length]).toEqual(expected === undefined ? [[], 1] : [["CannotMerge"], 0]);
  if (expected === undefined) return;
  expect(rendering.notices[0]!.message).toContain(`${expected} has another route primary`);
  expect(rendering.notices[0]!.hint).toMatch(/^Rename one of the two/);
});

/** `VHOST ROUTE` of what is patched. */
function patched({rendering, names}: ReturnType<typeof entered>): string[] {
  return names.flatMap((name) => {
    const {configPatches} = named(rendering, "EnvoyFilter", name.split("/")[1]!).spec as unknown as Spec;
    return configPatches.map(({match}) => {
      const {name: vhost, route} = match.routeConfiguration.vhost as {name: string; route: {name: string}};
      return `${vhost} ${route.name}`;
    });
  });
}

const served = (...hosts: string[]) => {
  const servers = [{port: {number: 80, name: "p", protocol: "HTTP"}, hosts}];
  return object("networking.istio.io/v1", "Gateway", "narrow", {selector: {istio: "narrow"}, servers}, "ingress");
};

test.each<[string, string[], string[], string[]]>([
  ["all hosts at a server of one", ["*"], ["shop.example.com"], ["shop.example.com:80"]],
  ["one host at a server of a wildcard", ["Shop.example.com"], ["*.example.com"], ["shop.example.com:80"]],
  [
    "several hosts, of which one is served",
    ["a.com", "shop.example.com"],
    ["shop.example.com"],
    ["shop.example.com:80"],
  ],
  ["a server for its namespace", ["shop.example.com"], ["shop/*"], ["shop.example.com:80"]],
  ["a server for every namespace", ["*"], ["*/shop.example.com"], ["shop.example.com:80"]],
  ["a server for another namespace", ["shop.example.com"], ["other/*"], []],
  ["a server for the Gateway's namespace", ["shop.example.com"], ["./*"], []],
  ["no host that is served", ["shop.example.com"], ["pay.example.com"], []],
])("merged in the virtual hosts that there are: %s", (_what, hosts, servers, expected) => {
  const entry = {gateways: ["ingress/narrow"], routes: [{service: "cart", ...intoPrimary}]};
  const users = bound("mine", [toCart("primary")], {hosts, gateways: ["ingress/narrow"]});
  const rendering = rendered([group({entry}), lane("ann"), ...shop, served(...servers), users], {
    options: {nativeSupported: true},
  });
  const reasons = rendering.notices.map(({reason}) => reason);
  const names = namesOf(rendering, ["routes"]).filter((name) => name.includes("meshlane-entry-"));
  expect(reasons).toEqual(expected.length === 0 ? ["CannotMerge"] : []);
  expect(patched({rendering, reasons, names})).toEqual(expected.map((vhost) => `${vhost} primary`));
});

test("merged into an HTTPRoute without hostnames: the virtual host is the listener's", () => {
  const route = object("gateway.networking.k8s.io/v1", "HTTPRoute", "mine", {
    parentRefs: [{name: "near", namespace: "ingress"}],
    rules: [{backendRefs: [{name: "cart", port: 80}]}],
  });
  const entry = {
    gateways: ["ingress/near"],
    routes: [{service: "cart", merge: {httpRoute: "shop/mine", route: "shop.mine.0"}}],
  };
  const rendering = rendered([group({entry}), lane("ann"), ...shop, ingress, nearGateway, route], {
    options: {nativeSupported: true},
  });
  const names = namesOf(rendering, ["routes"]).filter((name) => name.includes("meshlane-entry-"));
  expect(patched({rendering, reasons: [], names})).toEqual(["shop.example.com:80 shop.mine.0"]);
});

test("merged into a route whose matches have names: each of the names that Envoy's routes have", () => {
  const users = bound("mine", [toCart("primary", {match: [{name: "m1"}, {name: "m2"}]})]);
  const merged = entered(intoPrimary, [users]);
  expect(merged.reasons).toEqual([]);
  expect(patched(merged)).toEqual(
    [443, 80].flatMap((port) => ["m1", "m2"].map((name) => `shop.example.com:${port} primary.${name}`)),
  );
});

test.each<[string, string[] | undefined, string[]]>([
  ["another gateway", ["ingress/other"], ["CannotMerge"]],
  ["no gateway", undefined, ["CannotMerge"]],
  ["the mesh", ["mesh"], ["CannotMerge"]],
  ["one of its own namespace", ["public"], ["CannotMerge"]],
  ["the group's, by its old long name", ["public.ingress.svc.cluster.local"], []],
])("merged only into a VirtualService that a gateway of the group has: bound to %s", (_what, gateways, expected) => {
  const users = virtualService("mine", {
    hosts: ["shop.example.com"],
    ...(gateways === undefined ? {} : {gateways}),
    http: [toCart("primary")],
  });
  const {reasons, names} = entered(intoPrimary, [users]);
  expect([reasons, names.length]).toEqual([expected, expected.length === 0 ? 1 : 0]);
});

test.each<[string, string[], Partial<IstioOptions>, boolean]>([
  ["goes elsewhere", [bound("mine", [toPayment("primary")])], {}, false],
  ["is gone", [bound("mine", [toCart("other")])], {}, false],
  ["is not alone of its name", [mine, bound("other", [toPayment("primary")])], {}, false],
  ["is on no gateway of the group", [bound("mine", [toCart("primary")], {gateways: ["ingress/other"]})], {}, false],
  ["goes elsewhere, and nobody could merge", [bound("mine", [toPayment("primary")])], {nativeSupported: false}, false],
  ["fits, but proxies do not support it", [mine], {nativeSupported: false}, true],
])(
  "where a request of no lane goes is never changed: a merge goes when its route %s",
  (_what, texts, options, stays) => {
    const {rendering, reasons} = entered(intoPrimary, texts, {nativeSupported: true, ...options});
    expect(reasons).toContain("CannotMerge");
    expect(rendering.kept?.includes("entry shop/cart")).toBe(stays);
  },
);

/** Notices of a group in `shop` that hands `host` over on these gateways. */
function servedBy(host: string, gateways: string[]) {
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", hosts: [host]}]};
  const namespaces = ["ingress", "shop"].map((name) =>
    stringify({apiVersion: "v1", kind: "Namespace", metadata: {name, labels: {team: name}}}),
  );
  const {notices} = rendered([group({entry}), ...shop, ...namespaces, ...gateways]);
  return notices.filter(({reason}) => reason === "HostNotServed");
}

const serving = (...hosts: string[]) =>
  object(
    "networking.istio.io/v1",
    "Gateway",
    "public",
    {selector: {istio: "ingress"}, servers: [{port: {number: 80, name: "p", protocol: "HTTP"}, hosts}]},
    "ingress",
  );

test.each<[string, string, boolean]>([
  ["shop.example.com", "shop.example.com", true],
  ["Shop.example.com", "shop.example.com", true],
  ["*", "shop.example.com", true],
  ["*.example.com", "shop.example.com", true],
  ["*.example.com", "a.shop.example.com", true],
  ["shop.example.com", "*.example.com", true],
  ["*.example.com", "example.com", false],
  ["pay.example.com", "shop.example.com", false],
  ["shop/shop.example.com", "shop.example.com", true],
  ["*/shop.example.com", "shop.example.com", true],
  ["./shop.example.com", "shop.example.com", false],
  ["ingress/*", "shop.example.com", false],
  ["shop/pay.example.com", "shop.example.com", false],
])("a handed-over host that no server takes is reported: server %s, host %s, served: %s", (server, host, expected) => {
  expect(servedBy(host, [serving("none.example.org", server)]).length === 0).toBe(expected);
});

test("a handed-over host that no server takes is reported with the gateway and what to add there", () => {
  expect(servedBy("shop.example.com", [serving("pay.example.com")])).toMatchObject([
    {
      severity: "warning",
      subject: "group shop/shop",
      message: expect.stringMatching(
        /^host shop\.example\.com .* gateway ingress\/public .* namespace shop;/,
      ) as string,
      hint: "Add shop/shop.example.com to the hosts of a server of Gateway ingress/public.",
    },
  ]);
});

const listening = (listener: object) =>
  object(
    "gateway.networking.k8s.io/v1",
    "Gateway",
    "public",
    {gatewayClassName: "istio", listeners: [{name: "http", port: 80, protocol: "HTTP", ...listener}]},
    "ingress",
  );
const from = (namespaces: object, more: object = {}) => ({...more, allowedRoutes: {namespaces}});
const ALLOWING =
  /^Write into the listener of Gateway ingress\/public that has the host allowedRoutes: .* namespace shop\.$/;

const NONE = /^$/;

test.each<[string, object, RegExp]>([
  ["all namespaces", from({from: "All"}), NONE],
  ["all, another host", from({from: "All"}, {hostname: "pay.example.com"}), /^Add a listener with hostname: "shop\.ex/],
  ["all, a wildcard over it", from({from: "All"}, {hostname: "*.example.com"}), NONE],
  ["its own namespace, by default", {}, ALLOWING],
  ["its own namespace", from({from: "Same"}), ALLOWING],
  ["labels of the group's", from({from: "Selector", selector: {matchLabels: {team: "shop"}}}), NONE],
  [
    "the group's by name",
    from({from: "Selector", selector: {matchLabels: {"kubernetes.io/metadata.name": "shop"}}}),
    NONE,
  ],
  ["labels of another", from({from: "Selector", selector: {matchLabels: {team: "ingress"}}}), ALLOWING],
])("a handed-over host that no listener takes is reported: one for %s", (_what, listener, expected) => {
  const hints = servedBy("shop.example.com", [listening(listener)]).map(({hint}) => hint);
  expect(hints.join()).toMatch(expected);
});

test("a handed-over host is served where one of the group's gateways takes it", () => {
  const both = [serving("pay.example.com"), listening(from({from: "All"}))];
  expect(servedBy("shop.example.com", both)).toEqual([]);
  expect(servedBy("shop.example.com", both.slice(0, 1))).toHaveLength(1);
});

test("a listener for labels of a namespace of which nothing is known counts as taking it", () => {
  const entry = {gateways: ["ingress/public"], routes: [{service: "cart", hosts: ["shop.example.com"]}]};
  const labelled = listening(from({from: "Selector", selector: {matchLabels: {team: "ingress"}}}));
  expect(rendered([group({entry}), ...shop, labelled]).notices).toEqual([]);
});
