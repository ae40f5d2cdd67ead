import {afterAll, beforeAll, describe, expect, test} from "vitest";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {
  applyLanes,
  deleteLanes,
  groupObject,
  INGRESS,
  installMeshlane,
  laneObject,
  type Mesh,
  meshlane,
  theMesh,
} from "../client/index.ts";
import {analysis} from "../objects/analysis.ts";
import {hostOf, virtualService} from "../objects/users.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";

const SHOP = "entry-ways";
/** Of the harness's own namespace. */
const KNOWN = [`IST0102 Namespace ${INGRESS}`];
const gateways = [`${INGRESS}/public`];
const frontend = [{destination: {host: hostOf("frontend", SHOP), port: {number: 80}}}];

const users = [
  virtualService(SHOP, "delegating", {
    hosts: ["delegated.ways.localhost"],
    gateways,
    http: [
      {name: "fixed", match: [{uri: {prefix: "/fixed"}}], directResponse: {status: 200, body: {string: "fixed"}}},
      {name: "lanes", delegate: {name: "frontend-lanes", namespace: SHOP}},
    ],
  }),
  virtualService(SHOP, "staying", {
    hosts: ["merged.ways.localhost"],
    gateways,
    http: [
      {name: "fixed", match: [{uri: {prefix: "/fixed"}}], directResponse: {status: 200, body: {string: "fixed"}}},
      {name: "other", match: [{uri: {prefix: "/other"}}], route: frontend},
      {name: "all", timeout: "9s", route: frontend},
    ],
  }),
  virtualService(SHOP, "open", {
    hosts: ["open.ways.localhost"],
    gateways,
    http: [{name: "all", route: [{destination: {host: hostOf("cart", SHOP), port: {number: 80}}}]}],
  }),
];
const routes = [
  {service: "frontend", hosts: ["handed.ways.localhost"]},
  {service: "frontend", delegate: "frontend-lanes"},
  {service: "frontend", merge: {virtualService: `${SHOP}/staying`, route: "all"}},
];
const group = (routing: string, chosen: readonly object[] = routes) =>
  groupObject(SHOP, {
    services: ["frontend", "cart"],
    routing,
    entry: {
      gateways,
      hosts: ["*.ways.localhost"],
      lane: [{header: "x-swimlane", anyone: true}],
      routes: chosen,
    },
  });
const ann = laneObject(SHOP, "ann", {frontend: "frontend--ann", cart: "cart--ann"});
const bob = laneObject(SHOP, "bob", {cart: "cart--bob"});

let mesh: Mesh;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  const calls = {calls: ["cart"]};
  const services = {frontend: calls, "frontend--ann": calls, cart: {}, "cart--ann": {}, "cart--bob": {}};
  await mesh.shop(SHOP, playgroundWith(services));
  await mesh.apply(...users);
});
afterAll(() => mesh.removeNamespace(SHOP));

const ask = (name: string, path = "/", lane = "") =>
  mesh.request({host: `${name}.ways.localhost`, url: path, headers: lane === "" ? {} : {"x-swimlane": lane}});

const apply = (object: KubernetesObject) => meshlane(mesh, ["apply", "-f", "-"], JSON.stringify(object));

async function comesTo(name: string, lane: string, path: string): Promise<void> {
  await until(async () => (await ask(name, "/", lane)).path === path, {what: `${lane} at ${name} comes to ${path}`});
}

describe.each(["native", "routes"])("routing: %s", (routing) => {
  beforeAll(() => applyLanes(mesh, group(routing), ann, bob));
  afterAll(() => deleteLanes(mesh, ann, bob, group(routing)));

  test.each(["handed", "delegated", "merged"])(
    "a lane on the entry service is reached where its host is %s",
    async (way) => {
      await comesTo(way, "ann", "frontend--ann -> cart--ann");
      await comesTo(way, "bob", "frontend -> cart--bob");
      await comesTo(way, "", "frontend -> cart");
      expect(await ask(way, "/", "nobody")).toMatchObject({path: "frontend -> cart"});
    },
  );

  test("what else a delegating or staying VirtualService has stays its owner's", async () => {
    expect(await ask("delegated", "/fixed", "ann")).toMatchObject({body: "fixed"});
    expect(await ask("merged", "/fixed", "ann")).toMatchObject({body: "fixed"});
    expect(await ask("merged", "/other", "ann")).toMatchObject({path: "frontend -> cart--ann"});
    for (const object of users) expect((await mesh.api.read(object))?.spec).toEqual(object.spec);
  });

  test("a route for which nobody chose a way is reported, and its requests go to the baseline", async () => {
    const {code, stderr} = await apply(group(routing));
    expect({code, stderr}).toMatchObject({code: 0});
    expect(stderr).toContain(`VirtualService ${SHOP}/open (yours): takes requests from gateway ${gateways[0]} to cart`);
    expect(await ask("open", "/", "ann")).toMatchObject({path: "cart"});
  });

  test("a host that a VirtualService of yours has is not taken over, and those beside it are", async () => {
    const [first, ...more] = routes;
    const hosts = [...first!.hosts!, "open.ways.localhost"];
    const {code, stderr} = await apply(group(routing, [{...first!, hosts}, ...more]));
    expect(code).toBe(1);
    expect(stderr).toContain(
      `VirtualService ${SHOP}/open (yours): has open.ways.localhost, which entry.routes of group`,
    );
    expect(await ask("open", "/", "ann")).toMatchObject({path: "cart"});
    await comesTo("handed", "ann", "frontend--ann -> cart--ann");
  });

  test("the API server and istioctl analyze have nothing to say of what is written", async () => {
    expect(await analysis(mesh, [SHOP, INGRESS], KNOWN)).toEqual([]);
  });
});

test("a route of yours that delegates to what a group had leads to the baseline when the group is gone", async () => {
  await applyLanes(mesh, group("routes"), ann, bob);
  await comesTo("delegated", "ann", "frontend--ann -> cart--ann");
  const {code, stderr} = await meshlane(
    mesh,
    ["delete", "-f", "-"],
    JSON.stringify({kind: "List", apiVersion: "v1", items: [ann, bob, group("routes")]}),
  );
  expect(code).toBe(0);
  expect(stderr).toContain(
    `VirtualService ${SHOP}/delegating (yours): delegates to ${SHOP}/frontend-lanes, which no group needs any more`,
  );
  await comesTo("delegated", "ann", "frontend -> cart");
  expect(await ask("delegated", "/fixed", "ann")).toMatchObject({body: "fixed"});
});
