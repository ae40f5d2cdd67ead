import {afterAll, afterEach, beforeAll, expect, test} from "vitest";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {
  deleteLanes,
  groupObject,
  installMeshlane,
  laneObject,
  type Mesh,
  meshlane,
  meshlaneOk,
  type PodView,
  theMesh,
} from "../client/index.ts";
import {UNREACHED} from "../../../manager/render/unreached.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";
import {analysis} from "./analysis.ts";
import {byOwner, type EnvoyRoute, envoyRoutes, hostOf, requestsTo, virtualService} from "./users.ts";

const SHOP = "own-routes";
const CART = hostOf("cart", SHOP);
const AUDIT = hostOf("audit", SHOP);
const to = (host: string) => [{destination: {host}}];

/** What a user may have written for a host, in one VirtualService. */
const users = virtualService(SHOP, "cart", {
  hosts: [CART],
  http: [
    {name: "moved", match: [{uri: {prefix: "/old"}}], redirect: {uri: "/new"}},
    {name: "fixed", match: [{uri: {prefix: "/fixed"}}], directResponse: {status: 200, body: {string: "fixed"}}},
    {name: "elsewhere", match: [{uri: {prefix: "/audit"}}], route: to(AUDIT)},
    {
      name: "faulty",
      match: [{uri: {prefix: "/faulty"}}],
      fault: {abort: {httpStatus: 418, percentage: {value: 100}}},
      route: to(CART),
    },
    {name: "mirrored", match: [{uri: {prefix: "/mirrored"}}], mirror: {host: AUDIT}, route: to(CART)},
    {
      name: "rest",
      timeout: "7s",
      retries: {attempts: 4, perTryTimeout: "3s", retryOn: "5xx"},
      headers: {request: {set: {baggage: "users=yes"}}},
      route: to(CART),
    },
  ],
});
const weighted = virtualService(SHOP, "cart", {
  hosts: [CART],
  http: [{name: "weighted", route: [CART, AUDIT].map((host) => ({destination: {host}, weight: 50}))}],
});
const group = (routing: string) => groupObject(SHOP, {services: ["cart"], routing});
const ann = laneObject(SHOP, "ann", {cart: "cart--ann"});

const wide = ["cart", "cart--ann"].map((app): KubernetesObject => {
  const ports = [
    {name: "http", port: 80, targetPort: 8080},
    {name: "http-admin", port: 8081, targetPort: 8080},
  ];
  const metadata = {name: app.replace("cart", "wide"), namespace: SHOP};
  return {apiVersion: "v1", kind: "Service", metadata, spec: {selector: {app}, ports}};
});
/** For some callers of one port; to whom it is not sent, istiod gives a route of its own. */
const few = (more: object) =>
  virtualService(SHOP, "wide", {
    hosts: [hostOf("wide", SHOP)],
    http: [
      {
        ...more,
        match: [{port: 80, sourceLabels: {app: "tester"}}],
        route: [{destination: {host: hostOf("wide", SHOP), subset: "nowhere"}}],
      },
    ],
  });

let mesh: Mesh;
let caller: PodView;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  await mesh.shop(SHOP, playgroundWith({caller: {}, cart: {}, "cart--ann": {}, audit: {}}));
  await mesh.apply(...wide);
  caller = await mesh.pod(SHOP, {app: "caller"});
});
afterEach(async () => {
  await deleteLanes(mesh, ann, group("auto"));
  await mesh.delete(users);
  await mesh.delete(few({}));
});
afterAll(() => mesh.removeNamespace(SHOP));

const ask = (path: string, lane = "") =>
  mesh.requestFrom(caller, {url: `http://cart${path}`, headers: lane === "" ? {} : {"x-swimlane": lane}});
const read = () => mesh.api.read(users);

const input = (...objects: KubernetesObject[]) => objects.map((object) => JSON.stringify(object)).join("\n---\n");

function apply(routing: string, ...more: string[]) {
  return meshlane(mesh, ["apply", "-f", "-", "--wait", ...more], input(group(routing), ann));
}

function applyWide() {
  const objects = [
    groupObject(SHOP, {services: ["wide"], routing: "native"}),
    laneObject(SHOP, "ann", {wide: "wide--ann"}),
  ];
  return meshlane(mesh, ["apply", "-f", "-", "--wait"], input(...objects));
}

/** Writes the user's VirtualService and resolves to the caller's routes when its proxy has them. */
async function usersWrite(object: KubernetesObject): Promise<readonly EnvoyRoute[]> {
  await mesh.apply(object);
  const {http} = object.spec as {http: {name: string}[]};
  const isThere = (routes: readonly EnvoyRoute[]) =>
    http.every(({name}) => routes.some((route) => route.name === name)) && routes;
  return until(async () => isThere(await envoyRoutes(mesh, caller, CART)), {
    what: "the user's routes are in the proxy",
  });
}

/** What a route does, but for who is asked and in which order, and the header by which that is known. */
function kept({route, response_headers_to_remove, ...rest}: EnvoyRoute): object {
  const {cluster: _cluster, inline_cluster_specifier_plugin: _plugin, retry_policy, ...action} = route ?? {};
  const {retry_priority: _priority, ...retries} = (retry_policy ?? {}) as {retry_priority?: object};
  const removed = response_headers_to_remove?.filter((name) => name !== UNREACHED) ?? [];
  return {...rest, removed, route: {...action, retries}};
}

test("native routing takes the routes to this very host and leaves all else of the user's VirtualService alone", async () => {
  const before = await usersWrite(users);
  const version = (await read())?.metadata.resourceVersion;
  expect(await apply("native")).toMatchObject({code: 0});
  const after = await envoyRoutes(mesh, caller, CART);
  expect(after.map(kept)).toEqual(before.map(kept));
  const taken = after.filter(({route}) => route?.inline_cluster_specifier_plugin !== undefined);
  expect(taken.map(({name}) => name)).toEqual(["faulty", "mirrored", "rest"]);
  expect((await read())?.metadata.resourceVersion).toBe(version);
});

test("natively a lane's requests keep the user's redirects, answers, faults, mirrors and headers", async () => {
  await usersWrite(users);
  await apply("native");
  expect(await ask("/", "ann")).toMatchObject({path: "cart--ann", echo: {request: {headers: {baggage: /users=yes/}}}});
  expect(await ask("/")).toMatchObject({path: "cart"});
  expect(await ask("/old", "ann")).toMatchObject({status: 301, headers: {location: expect.stringContaining("/new")}});
  expect(await ask("/fixed", "ann")).toMatchObject({status: 200, body: "fixed"});
  expect(await ask("/audit", "ann")).toMatchObject({path: "audit"});
  expect(await ask("/faulty", "ann")).toMatchObject({status: 418});
  const mirrored = () => requestsTo(mesh, caller, `outbound|80||${AUDIT}`);
  const count = await mirrored();
  expect(await ask("/mirrored", "ann")).toMatchObject({path: "cart--ann"});
  await until(async () => (await mirrored()) === count + 1, {what: "the copy has gone to audit"});
});

test("routes that share requests out by weight are refused natively, with the reason, and nothing changes", async () => {
  const before = await usersWrite(weighted);
  const ended = await apply("native");
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(
    `routing: native of group ${SHOP} does not work here: route weighted shares requests out by weight`,
  );
  expect(await envoyRoutes(mesh, caller, CART)).toEqual(before);
});

/** Of a route that was there the matcher is in the new one too, until somebody applies. */
const sooner = ["audit"];
const sinceApplied = ["audit", "cart"];
test.each([
  ["where there were none", sooner, undefined],
  [
    "in the place of one to the service",
    sinceApplied,
    virtualService(SHOP, "cart", {hosts: [CART], http: [{name: "own", route: to(CART)}]}),
  ],
])(
  "natively routes that an owner writes later, %s, are what requests of no lane get",
  async (_where, atOnce, before) => {
    if (before !== undefined) await usersWrite(before);
    expect(await apply("native")).toMatchObject({code: 0});
    expect((await ask("/", "ann")).path).toBe("cart--ann");
    await usersWrite(virtualService(SHOP, "cart", {hosts: [CART], http: [{name: "away", route: to(AUDIT)}]}));
    expect(atOnce).toContain((await ask("/")).path);
    const later = await apply("native");
    expect([later.code, later.stderr]).toEqual([1, expect.stringContaining("its lanes go where these routes say")]);
    expect((await ask("/")).path).toBe("audit");
  },
);

test("natively a route that not every caller has, or for one port, changes nothing for other calls", async () => {
  const path = async (url: string, lane = "") => {
    const headers = lane === "" ? {} : {"x-swimlane": lane};
    return (await mesh.requestFrom(caller, {url, headers})).path;
  };
  await mesh.apply(few({name: "few"}));
  expect(await applyWide()).toMatchObject({code: 0});
  expect([await path("http://wide/"), await path("http://wide/", "ann")]).toEqual(["cart", "cart--ann"]);
  expect([await path("http://wide:8081/"), await path("http://wide:8081/", "ann")]).toEqual(["cart", "cart--ann"]);
});

test("natively a route without a name that not every caller has is refused, and nothing changes", async () => {
  await mesh.apply(few({}));
  const ended = await applyWide();
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("not every caller has its routes (sourceLabels, sourceNamespace, exportTo, Sidecar)");
  expect(await mesh.requestFrom(caller, {url: "http://wide/", headers: {"x-swimlane": "ann"}})).toMatchObject({
    path: "cart",
  });
});

test("beside routes by weight auto names the ways on, and adopting keeps the weights for requests of no lane", async () => {
  await usersWrite(weighted);
  const ended = await apply("auto");
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(`VirtualService ${SHOP}/cart (yours): has this host; its lanes stay as they are`);
  expect(ended.stderr).toContain(`--adopt ${SHOP}/cart, or paste: meshlane render --routes cart`);
  expect(await apply("auto", "--adopt", `${SHOP}/cart`)).toMatchObject({code: 0});
  const seen = new Set<string>();
  await until(async () => seen.add((await ask("/")).path).size === 2, {what: "requests of no lane go by the weights"});
  expect([...seen].toSorted()).toEqual(["audit", "cart"]);
  for (const _again of [1, 2, 3, 4]) expect(await ask("/", "ann")).toMatchObject({path: "cart--ann"});
});

test("with routing: routes a user's VirtualService is reported, and nothing changes", async () => {
  const before = await usersWrite(users);
  const version = (await read())?.metadata.resourceVersion;
  const ended = await apply("routes");
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(`VirtualService ${SHOP}/cart (yours): has this host; its lanes stay as they are`);
  expect(await envoyRoutes(mesh, caller, CART)).toEqual(before);
  expect((await read())?.metadata.resourceVersion).toBe(version);
  expect(await ask("/", "ann")).toMatchObject({path: "cart"});
});

test("an adopted VirtualService has the lanes and all that its owner wrote", async () => {
  await usersWrite(users);
  expect(await apply("routes", "--adopt", `${SHOP}/cart`)).toMatchObject({code: 0});
  expect(await ask("/", "ann")).toMatchObject({path: "cart--ann", echo: {request: {headers: {baggage: /users=yes/}}}});
  expect(await ask("/")).toMatchObject({path: "cart"});
  expect(await ask("/old", "ann")).toMatchObject({status: 301});
  expect(await ask("/fixed", "ann")).toMatchObject({body: "fixed"});
  expect(await ask("/audit", "ann")).toMatchObject({path: "audit"});
  expect(await ask("/faulty", "ann")).toMatchObject({status: 418});
  expect(await apply("routes")).toMatchObject({code: 0});
  expect(await ask("/", "ann"), "adopted once, adopted until it is given back").toMatchObject({path: "cart--ann"});
});

test("an adopted VirtualService goes back byte for byte when its last lane goes", async () => {
  await usersWrite(users);
  const before = byOwner(await read());
  await apply("routes", "--adopt", `${SHOP}/cart`);
  expect(byOwner(await read())).not.toEqual(before);
  await deleteLanes(mesh, ann);
  expect(byOwner(await read())).toEqual(before);
});

test("an adopted VirtualService is one that the API server and istioctl analyze take without a message", async () => {
  await usersWrite(users);
  await apply("routes", "--adopt", `${SHOP}/cart`);
  // The user's own Service `wide` has two ports for one of the pods.
  const known = ["cart", "cart--ann"].map((name) => `IST0137 Deployment ${SHOP}/${name}`);
  expect(await analysis(mesh, [SHOP], known)).toEqual([]);
});

test("uninstall gives an adopted VirtualService back byte for byte", async () => {
  await usersWrite(users);
  const before = byOwner(await read());
  await apply("routes", "--adopt", `${SHOP}/cart`);
  try {
    await meshlaneOk(mesh, ["uninstall"]);
    expect(byOwner(await read())).toEqual(before);
    expect(await ask("/", "ann")).toMatchObject({path: "cart"});
  } finally {
    await installMeshlane(mesh);
  }
});
