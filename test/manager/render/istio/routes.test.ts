import {expect, test} from "vitest";
import type {JsonObject} from "../../../../manager/render/filter-config.ts";
import {named, namesOf, rendered} from "./rendered.ts";
import {deployment, destinationRule, group, lane, object, service} from "./shop-texts.ts";

const PARTS = ["destinations", "routes"];
const shop = [service("cart"), service("payment"), service("cart--ann"), service("cart--bob")];

interface Route {
  name: string;
  match?: {headers: Record<string, {exact?: string; regex?: string}>; port?: number}[];
  route?: {destination: {host: string; subset?: string; port?: {number: number}}}[];
  directResponse?: JsonObject;
}

function routes(texts: string[]): Route[] {
  return named(rendered(texts), "VirtualService", "meshlane-cart").spec["http"] as unknown as Route[];
}

function pod(name: string, ready: boolean): string {
  const endpoints = [{addresses: ["10.0.0.1"], conditions: {ready}}];
  const metadata = {name, namespace: "shop", labels: {"kubernetes.io/service-name": name}};
  return JSON.stringify({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata,
    addressType: "IPv4",
    endpoints,
  });
}

test("only a service that a lane overrides gets a route; the baseline is last and matches all", () => {
  const rendering = rendered([group(), lane("ann"), ...shop]);
  expect(namesOf(rendering, PARTS)).toEqual(["VirtualService shop/meshlane-cart"]);
  expect(routes([group(), lane("ann"), ...shop])).toEqual([
    {
      name: "cart--ann",
      match: [{headers: {"x-swimlane": {exact: "ann"}}}],
      route: [{destination: {host: "cart--ann.shop.svc.cluster.local"}}],
    },
    {name: "baseline", route: [{destination: {host: "cart.shop.svc.cluster.local"}}]},
  ]);
});

test("lanes that come to one destination share a route", () => {
  const shared = {services: [{name: "cart", to: "cart--ann"}]};
  const [first, ...more] = routes([group(), lane("ann"), lane("bea", shared), lane("cid", shared), ...shop]);
  expect(first?.match).toEqual([{headers: {"x-swimlane": {regex: "ann|bea|cid"}}}]);
  expect(more.map(({name}) => name)).toEqual(["baseline"]);
});

test("an alternation ends before RE2's limit; then another match begins", () => {
  const lanes = Array.from({length: 400}, (_none, index) => `lane-${String(index).padStart(3, "0")}-${"x".repeat(50)}`);
  const shared = {services: [{name: "cart", to: "cart--ann"}]};
  const [first] = routes([group(), ...lanes.map((name) => lane(name, shared)), ...shop]);
  const texts = first!.match!.map(({headers}) => headers["x-swimlane"]!.regex!);
  expect(texts.every((text) => text.length <= 16_000)).toBe(true);
  expect(texts).toHaveLength(2);
  expect(texts.join("|").split("|")).toEqual(lanes);
});

test("a lane without a ready workload goes on along its fallbacks", () => {
  const lanes = [lane("ann", {fallback: ["bob"]}), lane("bob")];
  const at = (annReady: boolean, bobReady: boolean) =>
    routes([group(), ...lanes, ...shop, pod("cart--ann", annReady), pod("cart--bob", bobReady), pod("cart", true)])
      .filter(({match}) => match?.some(({headers}) => /ann/.test(JSON.stringify(headers))))
      .map(({name}) => name);
  expect(at(true, true)).toEqual(["cart--ann"]);
  expect(at(false, true)).toEqual(["cart--bob"]);
  expect(at(false, false)).toEqual([]);
});

test("a strict lane without a ready workload goes to its own Service all the same, which answers 503", () => {
  const texts = [group(), lane("ann", {strict: true}), ...shop, pod("cart--ann", false), pod("cart", true)];
  expect(routes(texts)[0]).toEqual({
    name: "cart--ann",
    match: [{headers: {"x-swimlane": {exact: "ann"}}}],
    route: [{destination: {host: "cart--ann.shop.svc.cluster.local"}}],
  });
});

test("a strict lane whose Service is not there gets a 503 that names lane and service", () => {
  const texts = [group(), lane("ann", {strict: true}), service("cart"), pod("cart--ann", false), pod("cart", true)];
  const [refused] = routes(texts);
  expect(refused).toEqual({
    name: "ann-refused",
    match: [{headers: {"x-swimlane": {exact: "ann"}}}],
    directResponse: {
      status: 503,
      body: {string: "lane ann is strict and has no ready workload of service shop/cart\n"},
    },
  });
});

test("labels make subsets, and the rule says nothing else", () => {
  const texts = [
    group({baseline: {labels: {version: "v1"}}}),
    lane("next", {services: [{name: "cart", labels: {version: "v2"}}]}),
    ...shop,
    deployment("cart", "v1"),
    deployment("cart", "v2"),
  ];
  const {spec} = named(rendered(texts), "DestinationRule", "meshlane-cart");
  const subsets = spec["subsets"] as {name: string; labels: object}[];
  expect(Object.keys(spec)).toEqual(["host", "subsets"]);
  expect(subsets.map(({labels}) => labels)).toEqual([{version: "v1"}, {version: "v2"}]);
  const [next, baseline] = routes(texts).map(({route}) => route![0]!.destination.subset);
  expect([baseline, next]).toEqual(subsets.map(({name}) => name));
});

test("the baseline's labels hold while other pods share the Service, lane or none", () => {
  const base = group({baseline: {labels: {version: "v1"}}});
  const left = [base, ...shop, deployment("cart", "v1"), deployment("cart", "v2")];
  expect(routes(left)[0]!.route![0]!.destination.subset).toMatch(/^meshlane-v1-/);
  const alone = rendered([base, ...shop, deployment("cart", "v1")]);
  expect(namesOf(alone, PARTS)).toEqual([]);
});

test("ports of another number are named, one route a port", () => {
  const ports = [
    {name: "http", port: 80},
    {name: "http-admin", port: 81},
  ];
  const other = [
    {name: "http", port: 8080},
    {name: "http-admin", port: 8081},
  ];
  const texts = [
    group(),
    lane("ann"),
    service("cart", {ports}),
    service("cart--ann", {ports: other}),
    service("payment"),
  ];
  const ported = routes(texts).map(({match, route}) => [match![0]!.port, route![0]!.destination.port]);
  expect(ported).toEqual([
    [80, {number: 8080}],
    [81, {number: 8081}],
    [80, {number: 80}],
    [81, {number: 81}],
  ]);
});

test("among several ports each destination names its own, as istioctl analyze wants it", () => {
  const ports = [
    {name: "http", port: 80},
    {name: "tcp-raw", port: 9000},
  ];
  const texts = [group(), lane("ann"), service("cart", {ports}), service("cart--ann", {ports}), service("payment")];
  const destinations = routes(texts).map(({match, route}) => [match![0]!.port, route![0]!.destination.port]);
  expect(destinations).toEqual([
    [80, {number: 80}],
    [80, {number: 80}],
  ]);
});

test("a destination without such a port is left out, with the reason", () => {
  const other = {
    ports: [
      {name: "x", port: 1},
      {name: "y", port: 2},
    ],
  };
  const {notices, objects} = rendered([
    group(),
    lane("ann"),
    service("cart"),
    service("cart--ann", other),
    service("payment"),
  ]);
  expect(notices.map(({reason}) => reason)).toContain("PortMissing");
  expect(objects.filter(({kind}) => kind === "VirtualService")).toEqual([]);
});

test("a service of TCP ports alone is untouched, and that is said", () => {
  const tcp = {ports: [{name: "tcp", port: 80}]};
  const {notices, objects} = rendered([
    group(),
    lane("ann"),
    service("cart", tcp),
    service("cart--ann", tcp),
    service("payment"),
  ]);
  expect(notices.map(({reason}) => reason)).toContain("NoHttpPort");
  expect(objects.filter(({kind}) => kind === "VirtualService")).toEqual([]);
});

test("a headless service: lanes by Services of their own are routed, lanes by labels refused", () => {
  const headless = service("cart", {clusterIP: "None"});
  const base = group({baseline: {labels: {version: "v1"}}});
  const next = lane("next", {services: [{name: "cart", labels: {version: "v2"}}]});
  const texts = [
    base,
    lane("ann"),
    next,
    headless,
    ...shop.slice(1),
    deployment("cart", "v1"),
    deployment("cart", "v2"),
  ];
  const rendering = rendered(texts);
  expect(rendering.notices.map(({reason, subject}) => [reason, subject])).toEqual([
    ["HeadlessService", "Service shop/cart"],
  ]);
  expect(namesOf(rendering, PARTS)).toEqual(["VirtualService shop/meshlane-cart"]);
  expect(routes(texts).map(({name}) => name)).toEqual(["cart--ann", "baseline"]);
});

const headless = {clusterIP: "None"};
const external = {type: "ExternalName", externalName: "cart.example.com"};
test.each([
  ["headless", headless, false, "HeadlessLane"],
  ["headless", headless, true, "HeadlessLane"],
  ["ExternalName", external, false, "AliasLane"],
  ["ExternalName", external, true, "AliasLane"],
])("a lane's %s Service is left out, with the reason (%#)", (_kind, spec, nativeSupported, expected) => {
  const texts = [group(), lane("ann"), lane("bob"), service("cart"), service("cart--bob"), service("payment")];
  const {notices, objects} = rendered([...texts, service("cart--ann", spec)], {options: {nativeSupported}});
  expect(notices.map(({reason, subject}) => [reason, subject])).toEqual([[expected, "Service shop/cart--ann"]]);
  const parts = objects.filter(({metadata}) => PARTS.includes(metadata.labels["meshlane.dev/part"] ?? ""));
  const routing = JSON.stringify(parts);
  expect(routing).toContain("cart--bob");
  expect(routing).not.toContain("cart--ann");
});

const policy = {connectionPool: {tcp: {maxConnections: 7}}};

test("a lane's own Service gets the traffic policy that its owner wrote for the service, unless it has one", () => {
  const users = destinationRule("cart", {host: "cart", trafficPolicy: policy});
  const texts = [group(), lane("ann"), lane("bob"), ...shop, users, destinationRule("bob", {host: "cart--bob"})];
  const rendering = rendered(texts);
  expect(namesOf(rendering, ["destinations"])).toEqual(["DestinationRule shop/meshlane-cart--ann"]);
  expect(named(rendering, "DestinationRule", "meshlane-cart--ann").spec).toEqual({
    host: "cart--ann.shop.svc.cluster.local",
    trafficPolicy: policy,
  });
});

const labelled = [
  group({baseline: {labels: {version: "v1"}}}),
  lane("next", {services: [{name: "cart", labels: {version: "v2"}}]}),
  ...shop,
  deployment("cart", "v1"),
  deployment("cart", "v2"),
];

test("beside a user's rule of the host, ours is exported as theirs and repeats the policy of their subset only", () => {
  const subsets = [{name: "second", labels: {version: "v2"}, trafficPolicy: policy}];
  const users = destinationRule("cart", {host: "cart", trafficPolicy: {}, exportTo: ["*"], subsets});
  const {spec} = named(rendered([...labelled, users]), "DestinationRule", "meshlane-cart");
  expect(spec["exportTo"]).toEqual(["*"]);
  expect(spec["trafficPolicy"]).toBeUndefined();
  expect((spec["subsets"] as {trafficPolicy?: object}[]).map(({trafficPolicy}) => trafficPolicy)).toEqual([
    undefined,
    policy,
  ]);
});

test("a wider rule of a user would no longer hold for the host, so its policy and subsets stand in ours too", () => {
  const wide = {
    host: "*.shop.svc.cluster.local",
    trafficPolicy: policy,
    subsets: [{name: "v9", labels: {version: "v9"}}],
  };
  const {spec} = named(rendered([...labelled, destinationRule("all", wide)]), "DestinationRule", "meshlane-cart");
  expect(spec["trafficPolicy"]).toEqual(policy);
  expect((spec["subsets"] as {name: string}[])[0]).toEqual(wide.subsets[0]);
});

test.each<[string, string, string]>([
  [
    "with a workloadSelector",
    "RuleHasSelector",
    destinationRule("x", {host: "cart", workloadSelector: {matchLabels: {a: "b"}}}),
  ],
  [
    "in a caller's namespace",
    "RuleHidesSubsets",
    destinationRule("x", {host: "cart.shop.svc.cluster.local"}, "legacy"),
  ],
  ["not exported to a caller", "RuleHidesSubsets", destinationRule("x", {host: "cart", exportTo: ["."]})],
])("a user's rule %s would keep subsets from callers: lanes by labels are refused", (_name, reason, rule) => {
  const [, ...rest] = labelled;
  const through = group({baseline: {labels: {version: "v1"}}, through: ["legacy"]});
  const rendering = rendered([through, ...rest, rule]);
  expect(rendering.notices.map((notice) => notice.reason)).toEqual([reason]);
  expect(namesOf(rendering, PARTS)).toEqual([]);
});

test("a Sidecar that lets its pods see the service, but not the lane's, is reported; by routes istiod shows both", () => {
  const sidecar = (hosts: string[]) => object("networking.istio.io/v1", "Sidecar", "default", {egress: [{hosts}]});
  const reasons = (hosts: string[], nativeSupported = true) =>
    rendered([group(), lane("ann"), ...shop, sidecar(hosts)], {options: {nativeSupported}}).notices.map(
      ({reason}) => reason,
    );
  expect(reasons(["./cart.shop.svc.cluster.local"])).toEqual(["SidecarHidesLane"]);
  expect(reasons(["./cart.shop.svc.cluster.local"], false)).toEqual([]);
  expect(reasons(["./*"])).toEqual([]);
  expect(reasons(["other/*"])).toEqual([]);
});
