/** Natively, requests of no lane go where they went before, whichever of a user's routes their caller has. */
import {expect, test} from "vitest";
import {clusters, patches} from "./native-patches.ts";
import {rendered} from "./rendered.ts";
import {group, lane, object, service, virtualService} from "./shop-texts.ts";

const ports = [
  {name: "http", port: 80},
  {name: "http-admin", port: 8081},
];
const base = [
  group({routing: "native", through: ["team"]}),
  lane("ann"),
  service("cart", {ports}),
  service("cart--ann", {ports}),
  service("payment"),
];

/** By port that is called: `ROUTE -> cluster for no lane`, in which `*` is all with a route action; or why nothing is taken. */
function taken(...users: string[]): Record<string, string[]> | string {
  const {objects, notices} = rendered([...base, ...users], {options: {nativeSupported: true}});
  const found = objects.filter(({metadata}) => /^meshlane-routes-.*\.cart\.shop$/.test(metadata.name));
  if (found.length === 0) return notices.map(({message}) => message).join();
  const ofPort = found.map((filter) => {
    const [, port] = /-(\d+)\./.exec(filter.metadata.name)!;
    return [
      port!,
      patches(filter).map((patch) => {
        expect(patch.match.routeConfiguration!.vhost.name).toBe(`cart.shop.svc.cluster.local:${port}`);
        const name = patch.match.routeConfiguration!.vhost.route.name ?? "*";
        return `${name} -> ${clusters(patch).none.replace("outbound|", "").replace("|cart.shop.svc.cluster.local", "")}`;
      }),
    ] as const;
  });
  return Object.fromEntries(ofPort);
}

const users = (http: object[], more: object = {}, namespace = "shop") =>
  virtualService("mine", {hosts: ["cart.shop.svc.cluster.local"], http, ...more}, namespace);
const to = (destination: object = {}) => [{destination: {host: "cart.shop.svc.cluster.local", ...destination}}];
const canary = to({subset: "canary"});
const tester = {sourceLabels: {app: "tester"}};
const OWN = {"80": ["* -> 80|"], "8081": ["* -> 8081|"]};
const ISTIODS = {"80": ["default -> 80|"], "8081": ["default -> 8081|"]};

test("where nobody has written routes istiod's own is taken by its name: what an owner writes later is not met", () => {
  expect(taken()).toEqual(ISTIODS);
});

test("a route for one port leaves calls to the others where they are", () => {
  expect(taken(users([{match: [{port: 80}], route: to({port: {number: 80}})}]))).toEqual({
    ...ISTIODS,
    "80": ["* -> 80|"],
  });
  expect(taken(users([{match: [{port: 80}], route: canary}]))).toEqual({...ISTIODS, "80": ["* -> 80|canary"]});
});

test("a route to one port, which calls to all ports have, is kept for each", () => {
  const all = {"80": ["* -> 80|"], "8081": ["* -> 80|"]};
  expect(taken(users([{route: to({port: {number: 80}})}]))).toEqual(all);
});

test.each<[string, object, object]>([
  ["sourceLabels", {match: [tester]}, {}],
  ["sourceNamespace", {match: [{sourceNamespace: "team"}]}, {}],
  ["a path and sourceLabels", {match: [{uri: {prefix: "/"}, ...tester}]}, {}],
  ["exportTo", {}, {exportTo: ["."]}],
])("beside a route that not every caller has, by %s, istiod's own is taken as it is", (_what, route, more) => {
  expect(taken(users([{name: "mine", ...route, route: canary}], more))).toEqual({
    "80": ["mine -> 80|canary", "default -> 80|"],
    "8081": ["mine -> 8081|canary", "default -> 8081|"],
  });
  expect(taken(users([{...route, route: canary}], more))).toContain(
    "not every caller has its routes (sourceLabels, sourceNamespace, exportTo, Sidecar), and not each of them has a name",
  );
  expect(taken(users([{...route, route: to()}], more)), "where both go to the same place").toEqual(OWN);
});

test("a route that some callers have is no matter where another is for all", () => {
  const some = {match: [tester], route: canary};
  expect(
    taken(
      users([
        {name: "some", ...some},
        {name: "rest", route: to()},
      ]),
    ),
  ).toEqual({
    "80": ["some -> 80|canary", "rest -> 80|"],
    "8081": ["some -> 8081|canary", "rest -> 8081|"],
  });
  expect(taken(users([some, {route: canary}]))).toEqual({"80": ["* -> 80|canary"], "8081": ["* -> 8081|canary"]});
});

test("a match for gateways alone is none of the sidecars', one for the mesh is for all of them", () => {
  const gateways = ["mesh", "ingress/public"];
  const entering = {name: "in", match: [{gateways: ["ingress/public"]}], route: canary};
  expect(taken(users([entering, {route: to()}], {gateways}))).toEqual(OWN);
  expect(taken(users([entering], {gateways}))).toEqual(ISTIODS);
  const both = {match: [{gateways: ["mesh"], ...tester}], route: canary};
  expect(taken(users([both], {gateways}))).toEqual({"80": ["* -> 80|canary"], "8081": ["* -> 8081|canary"]});
});

test("a user's route of the name that istiod gives its own is told from no other", () => {
  expect(taken(users([{name: "default", match: [tester], route: canary}]))).toContain(
    "two of its routes have the name default",
  );
});

test("a route to another host for one port stays; calls to the other port are of istiod's own route", () => {
  const elsewhere = {match: [{port: 80}], route: [{destination: {host: "payment.shop.svc.cluster.local"}}]};
  const http = [elsewhere, {match: [{port: 8081}], route: to()}];
  expect(taken(users(http))).toEqual({"8081": ["* -> 8081|"]});
});

test("what a Sidecar may hide from callers, a VirtualService of another namespace, does not count as everybody's", () => {
  const sidecar = object("networking.istio.io/v1", "Sidecar", "narrow", {egress: [{hosts: ["./*"]}]});
  const far = users([{route: canary}], {}, "team");
  expect(taken(far)).toEqual({"80": ["* -> 80|canary"], "8081": ["* -> 8081|canary"]});
  expect(taken(far, sidecar)).toContain("not each of them has a name");
});

const httpRoute = (parent: object, rule: object = {}, namespace = "shop", port = 80) =>
  object(
    "gateway.networking.k8s.io/v1",
    "HTTPRoute",
    "mine",
    {
      parentRefs: [{group: "", kind: "Service", name: "cart", namespace: "shop", ...parent}],
      rules: [{backendRefs: [{name: "cart", namespace: "shop", port}], ...rule}],
    },
    namespace,
  );

test("an HTTPRoute for one port of the Service leaves calls to the others where they are", () => {
  expect(taken(httpRoute({port: 80}))).toEqual({...ISTIODS, "80": ["* -> 80|"]});
  expect(taken(httpRoute({port: 8081}))).toEqual({...ISTIODS, "8081": ["* -> 80|"]});
  expect(taken(httpRoute({}))).toEqual({"80": ["* -> 80|"], "8081": ["* -> 80|"]});
});

test("an HTTPRoute of another namespace is for callers there; for the others istiod's own route is taken", () => {
  expect(taken(httpRoute({}, {}, "team"))).toEqual({
    "80": ["* -> 80|"],
    "8081": ["team.mine.0 -> 80|", "default -> 8081|"],
  });
});

test("an HTTPRoute's own retries stay as they are", () => {
  const retryOn = (rule: object) => {
    const {objects} = rendered([...base, httpRoute({}, rule)], {options: {nativeSupported: true}});
    const filter = objects.find(({metadata}) => metadata.name === "meshlane-routes-80.cart.shop")!;
    const {route} = patches(filter)[0]!.patch.value as {route: {retry_policy: {retry_on?: string}}};
    return route.retry_policy.retry_on;
  };
  expect(retryOn({})).toMatch(/,retriable-headers$/);
  expect(retryOn({retry: {attempts: 0}})).toBeUndefined();
});

test("beside an HTTPRoute no VirtualService of ours stands, which would take its place", () => {
  const shared = [
    group({routing: "native", baseline: {labels: {version: "v1"}}}),
    lane("next", {services: [{name: "cart", labels: {version: "v2"}}]}),
    ...base.slice(2),
  ];
  const kinds = (...more: string[]) =>
    rendered([...shared, ...more], {options: {nativeSupported: true}}).objects.map(({kind}) => kind);
  expect(kinds()).toContain("VirtualService");
  expect(kinds(httpRoute({}))).not.toContain("VirtualService");
  expect(kinds(httpRoute({}))).toContain("EnvoyFilter");
});

test("a host with a VirtualService and an HTTPRoute is left alone", () => {
  expect(taken(users([{route: to()}]), httpRoute({}))).toContain("the host has a VirtualService and an HTTPRoute");
});
