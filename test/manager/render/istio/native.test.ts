import {expect, test} from "vitest";
import {clusters, patches} from "./native-patches.ts";
import {named, namesOf, rendered} from "./rendered.ts";
import {deployment, group, lane, object, service, virtualService} from "./shop-texts.ts";

const PARTS = ["destinations", "routes"];
const shop = [service("cart"), service("payment"), service("cart--ann"), service("cart--bob")];
const native = group({routing: "native"});
const base = [native, lane("ann"), ...shop];
const own = {destination: {host: "cart"}};
const options = {nativeSupported: true};

const PORT_80 = {destinations: "meshlane-destinations-80.cart.shop", routes: "meshlane-routes-80.cart.shop"};

test("one route a port maps each lane to its chain, the baseline is what no lane matches", () => {
  const rendering = rendered(base, {options});
  expect(namesOf(rendering, PARTS)).toEqual([
    `EnvoyFilter shop/${PORT_80.destinations}`,
    `EnvoyFilter shop/${PORT_80.routes}`,
  ]);
  const [route, ...more] = patches(named(rendering, "EnvoyFilter", PORT_80.routes));
  expect(more).toEqual([]);
  expect(route!.match).toEqual({
    context: "SIDECAR_OUTBOUND",
    routeConfiguration: {
      vhost: {name: "cart.shop.svc.cluster.local:80", route: {action: "ROUTE", name: "default"}},
    },
  });
  const [aggregate] = patches(named(rendering, "EnvoyFilter", PORT_80.destinations));
  expect(clusters(route!)).toEqual({
    lanes: {ann: aggregate!.patch.value["name"]},
    none: "outbound|80||cart.shop.svc.cluster.local",
  });
  expect(JSON.stringify(aggregate!.patch.value)).toContain(
    `"clusters":["outbound|80||cart--ann.shop.svc.cluster.local","outbound|80||cart.shop.svc.cluster.local"]`,
  );
  expect(aggregate!.patch.value["name"]).toMatch(
    /^outbound\|80\|meshlane-chain-[0-9a-f]{8}\|cart\.shop\.svc\.cluster\.local$/,
  );
});

test("an EnvoyFilter reaches its own namespace only, so each that calls has one", () => {
  const through = group({routing: "native", through: ["legacy"]});
  const names = namesOf(rendered([through, lane("ann"), ...shop], {options}), ["routes"]);
  expect(names).toEqual([`EnvoyFilter legacy/${PORT_80.routes}`, `EnvoyFilter shop/${PORT_80.routes}`]);
});

test("each HTTP port has its own objects, other ports none", () => {
  const ports = [
    {name: "http", port: 80},
    {name: "grpc", port: 90},
    {name: "tcp", port: 70},
  ];
  const texts = [native, lane("ann"), service("cart", {ports}), service("cart--ann", {ports}), service("payment")];
  expect(namesOf(rendered(texts, {options}), ["routes"])).toEqual([
    "EnvoyFilter shop/meshlane-routes-80.cart.shop",
    "EnvoyFilter shop/meshlane-routes-90.cart.shop",
  ]);
});

test("lanes of one chain share an aggregate; a strict lane with one workload needs none", () => {
  const shared = {services: [{name: "cart", to: "cart--ann"}]};
  const texts = [native, lane("ann"), lane("bea", shared), lane("bob", {strict: true}), ...shop];
  const rendering = rendered(texts, {options});
  expect(patches(named(rendering, "EnvoyFilter", PORT_80.destinations))).toHaveLength(1);
  const {lanes} = clusters(patches(named(rendering, "EnvoyFilter", PORT_80.routes))[0]!);
  expect(lanes["bea"]).toBe(lanes["ann"]);
  expect(lanes["bob"]).toBe("outbound|80||cart--bob.shop.svc.cluster.local");
});

test("a headless Service cannot be a member of an aggregate: the chain stands at what is ready", () => {
  const texts = [native, lane("ann"), service("cart", {clusterIP: "None"}), ...shop.slice(1)];
  const rendering = rendered(texts, {options});
  expect(namesOf(rendering, ["destinations"])).toEqual([]);
  const {lanes} = clusters(patches(named(rendering, "EnvoyFilter", PORT_80.routes))[0]!);
  expect(lanes).toEqual({ann: "outbound|80||cart--ann.shop.svc.cluster.local"});
});

test("where lanes share the Service, callers of other namespaces stay on the baseline by a constant route", () => {
  const texts = [
    group({routing: "native", baseline: {labels: {version: "v1"}}}),
    lane("next", {services: [{name: "cart", labels: {version: "v2"}}]}),
    ...shop,
    deployment("cart", "v1"),
    deployment("cart", "v2"),
  ];
  const rendering = rendered(texts, {options});
  const http = named(rendering, "VirtualService", "meshlane-cart").spec["http"] as {match?: object; route: object[]}[];
  expect(http).toHaveLength(1);
  expect(http[0]!.match).toBeUndefined();
  expect(JSON.stringify(http[0]!.route)).toMatch(/"subset":"meshlane-v1-/);
});

test("auto is native where proxies support it, else by routes", () => {
  const texts = [group(), lane("ann"), ...shop];
  expect(namesOf(rendered(texts, {options}), ["routes"])).toEqual([`EnvoyFilter shop/${PORT_80.routes}`]);
  expect(namesOf(rendered(texts), ["routes"])).toEqual(["VirtualService shop/meshlane-cart"]);
});

/** The routes that are taken of a user's VirtualService: `NAME -> cluster for no lane`. */
function taken(http: object[], more: object = {}): string[] | string {
  const users = virtualService("mine", {hosts: ["cart"], http, ...more});
  const {objects, notices} = rendered([...base, users], {options});
  const found = objects.find(({metadata}) => metadata.name === PORT_80.routes);
  if (found === undefined) return notices.map(({reason, message}) => `${reason}: ${message}`).join();
  return patches(found).map(
    (patch) => `${patch.match.routeConfiguration!.vhost.route.name ?? "*"} -> ${clusters(patch).none}`,
  );
}

const SLOW = {match: [{uri: {prefix: "/slow"}}], timeout: "9s"};
const BASELINE = "outbound|80||cart.shop.svc.cluster.local";
const V1 = "outbound|80|v1|cart.shop.svc.cluster.local";
const toV1 = {destination: {host: "cart", subset: "v1"}};

test("a user's routes to the host are taken by their action where they are alike; redirects stay", () => {
  const redirect = {match: [{uri: {prefix: "/old"}}], redirect: {uri: "/new"}};
  expect(taken([redirect, {...SLOW, route: [own]}, {route: [own]}])).toEqual([`* -> ${BASELINE}`]);
  expect(taken([{route: [toV1]}])).toEqual([`* -> ${V1}`]);
});

test("routes that differ are taken by their names; those to other hosts stay", () => {
  const elsewhere = {name: "pay", match: [{uri: {prefix: "/pay"}}], route: [{destination: {host: "payment"}}]};
  expect(taken([{name: "slow", ...SLOW, route: [toV1]}, elsewhere, {name: "rest", route: [own]}])).toEqual([
    `slow -> ${V1}`,
    `rest -> ${BASELINE}`,
  ]);
  const twice = {
    name: "slow",
    match: [
      {name: "a", uri: {prefix: "/a"}},
      {name: "b", uri: {prefix: "/b"}},
    ],
    route: [toV1],
  };
  expect(taken([twice, {name: "rest", route: [own]}])).toEqual([
    `slow.a -> ${V1}`,
    `slow.b -> ${V1}`,
    `rest -> ${BASELINE}`,
  ]);
});

test.each<[string, object[], object, string]>([
  [
    "weights",
    [
      {
        route: [
          {...own, weight: 90},
          {...toV1, weight: 10},
        ],
      },
    ],
    {},
    "http[0] shares requests out by weight",
  ],
  ["routes that differ without names", [{...SLOW, route: [toV1]}, {route: [own]}], {}, "not each of them has a name"],
  [
    "one name for two routes",
    [
      {name: "a", ...SLOW, route: [toV1]},
      {name: "a", route: [own]},
    ],
    {},
    "two of its routes have the name a",
  ],
  ["delegates", [{delegate: {name: "x"}}], {}, "http[0] is a delegate's"],
  [
    "no route to the host",
    [{route: [{destination: {host: "payment"}}]}],
    {},
    "none of its routes goes to the host itself",
  ],
  ["a port of no HTTP", [{route: [{destination: {host: "cart", port: {number: 99}}}]}], {}, "goes to port 99"],
])("not native beside a user's VirtualService with %s", (_name, http, more, why) => {
  const said = taken(http, more);
  expect(said).toMatch(/^NotNative: routing: native of group shop does not work here: /);
  expect(said).toContain(why);
});

test("HTTPRoutes of the Gateway API on the service: taken where all their rules go to it alone", () => {
  const route = (backendRefs: object[]) =>
    object("gateway.networking.k8s.io/v1", "HTTPRoute", "mine", {
      parentRefs: [{group: "", kind: "Service", name: "cart", port: 80}],
      rules: [{backendRefs}],
    });
  const simple = rendered([...base, route([{name: "cart", port: 80}])], {options});
  expect(namesOf(simple, ["routes"])).toEqual([`EnvoyFilter shop/${PORT_80.routes}`]);
  const split = [
    {name: "cart", port: 80, weight: 9},
    {name: "payment", port: 80, weight: 1},
  ];
  expect(rendered([...base, route(split)], {options}).notices.map(({reason}) => reason)).toEqual(["NotNative"]);
  const byRoutes = [group({routing: "routes"}), lane("ann"), ...shop, route([{name: "cart", port: 80}])];
  expect(rendered(byRoutes).notices.map(({reason}) => reason)).toEqual(["HostHasHttpRoute"]);
});

test.each(["native", "routes", "auto"])(
  "a GRPCRoute of a user on a lane's service is an obstacle with routing: %s: where a request of no lane goes is never changed",
  (routing) => {
    const grpc = object("gateway.networking.k8s.io/v1", "GRPCRoute", "mine", {
      parentRefs: [{group: "", kind: "Service", name: "cart", port: 80}],
      rules: [
        {matches: [{headers: [{name: "x-canary", value: "1"}]}], backendRefs: [{name: "payment", port: 80}]},
        {backendRefs: [{name: "cart", port: 80}]},
      ],
    });
    const {objects, notices} = rendered([group({routing}), lane("ann"), ...shop, grpc], {options});
    expect(notices).toMatchObject([
      {severity: "error", subject: "GRPCRoute shop/mine (yours)", reason: "HostHasGrpcRoute"},
    ]);
    expect(notices[0]!.hint).toMatch(/^Turn it into a VirtualService/);
    expect(objects.filter(({metadata}) => metadata.labels["meshlane.dev/part"] === "routes")).toEqual([]);
  },
);

test("a GRPCRoute beside a user's VirtualService: not native, and the other one is named", () => {
  const grpc = object("gateway.networking.k8s.io/v1", "GRPCRoute", "mine", {
    parentRefs: [{kind: "Service", name: "cart"}],
  });
  const users = virtualService("cart", {hosts: ["cart"], http: [{route: [own]}]});
  const [notice] = rendered([...base, users, grpc], {options}).notices;
  expect(notice).toMatchObject({
    reason: "NotNative",
    message: expect.stringContaining("GRPCRoute shop/mine") as string,
  });
});

test("native without the Service's ports is refused, with what to give", () => {
  const {notices} = rendered([native, lane("ann")], {options});
  expect(notices.map(({reason, message}) => `${reason}: ${message}`).join()).toMatch(
    /^NotNative: .*give the Service among the files/,
  );
});

/** When the routes that the matcher is merged into are repeated. */
function retryOn(texts: string[]): unknown {
  const [route] = patches(named(rendered(texts, {options}), "EnvoyFilter", PORT_80.routes));
  const {route: value} = route!.patch.value as {route: {retry_policy: {retry_on?: string}}};
  return value.retry_policy.retry_on;
}

test("what never reached an application goes on to the next of the chain; a user's own retries stay as they are", () => {
  expect(retryOn(base)).toMatch(/^connect-failure,.*,retriable-headers$/);
  const users = (route: object) => virtualService("cart", {hosts: ["cart"], http: [{route: [own], ...route}]});
  expect(retryOn([...base, users({timeout: "2s"})])).toMatch(/,retriable-headers$/);
  expect(retryOn([...base, users({retries: {attempts: 1, retryOn: "5xx"}})])).toBeUndefined();
  expect(retryOn([...base, users({retries: {attempts: 0}})])).toBeUndefined();
});

test("proxies say which requests never reached their application, where some group is routed natively", () => {
  const name = "EnvoyFilter shop/meshlane-unreached";
  expect(namesOf(rendered(base, {options}), ["filter"])).toContain(name);
  const routes = [group({routing: "routes"}), lane("ann"), ...shop];
  expect(namesOf(rendered(routes, {options}), ["filter"])).not.toContain(name);
});

test("an ExternalName has no routes to patch: auto gives it a VirtualService, native is refused", () => {
  const basket = service("cart", {type: "ExternalName", externalName: "payment.shop.svc.cluster.local"});
  const given = (routing: string) => [group({routing}), lane("ann"), basket, service("cart--ann")];
  const auto = rendered(given("auto"), {options});
  expect(auto.notices).toEqual([]);
  expect(namesOf(auto, ["routes", "destinations"])).toEqual(["VirtualService shop/meshlane-cart"]);
  const {notices, objects} = rendered(given("native"), {options});
  expect(notices).toMatchObject([
    {severity: "error", reason: "NotNative", message: expect.stringContaining("is of type ExternalName") as string},
  ]);
  expect(namesOf({objects, notices}, ["routes", "destinations"])).toEqual([]);
});
