import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {
  applyLanes,
  deleteLanes,
  deploymentObject,
  groupObject,
  INGRESS,
  installMeshlane,
  laneObject,
  type Mesh,
  receivedBy,
  serviceObject,
  theMesh,
} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";
import {laneShop, untilPath} from "./lane-shop.ts";

const EAST = "lanes-east";
const WEST = "lanes-west";
/** On the way of requests, with no service of a group. */
const MIDDLE = "lanes-middle";
const host = (namespace: string): string => `${namespace}.localhost`;

function groupOf(namespace: string, more: object = {}) {
  const lane = [{header: "x-swimlane", from: ["10.0.0.0/8"]}];
  const entry = {gateways: [`${INGRESS}/public`], hosts: [host(namespace)], lane};
  return groupObject("shop", {services: ["cart"], entry, ...more}, namespace);
}
const groups = (routing: string) => [groupOf(EAST, {routing, through: [MIDDLE]}), groupOf(WEST, {routing})];
const lanes = [laneObject(EAST, "east-ann", {cart: "cart--ann"}), laneObject(WEST, "west-ann", {cart: "cart--ann"})];

let mesh: Mesh;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  await mesh.namespace(MIDDLE);
  const [east, west] = groups("native");
  const callsMiddle = playgroundWith({frontend: {}, cart: {}, "cart--ann": {}});
  await laneShop(mesh, EAST, {playground: callsMiddle, groups: [east!], hosts: [host(EAST)]});
  const callsCart = playgroundWith({frontend: {calls: ["cart"]}, cart: {}, "cart--ann": {}});
  await laneShop(mesh, WEST, {playground: callsCart, groups: [west!], hosts: [host(WEST)]});
  // Programs call across namespaces by the names that are known there.
  await mesh.apply(
    serviceObject(MIDDLE, "middle"),
    program(MIDDLE, "middle", `cart.${EAST}`),
    program(EAST, "frontend", `middle.${MIDDLE}`),
  );
  await Promise.all([MIDDLE, EAST].map((namespace) => mesh.ready(namespace)));
});
afterAll(async () => {
  await deleteLanes(mesh, ...lanes, ...groups("native"));
  await Promise.all([EAST, WEST, MIDDLE].map((namespace) => mesh.removeNamespace(namespace)));
});

function program(namespace: string, name: string, callee: string) {
  const service = {name, calls: [{service: callee}], forwards: ["traceparent"]};
  return deploymentObject(namespace, service, {name, labels: {}});
}

function ask(namespace: string, lane: string) {
  return mesh.request({host: host(namespace), headers: {"x-swimlane": lane}, newConnection: true});
}

describe.each(["native", "routes"] as const)("routing: %s:", (routing) => {
  beforeAll(async () => {
    await applyLanes(mesh, ...groups(routing), ...lanes);
    await untilPath(() => ask(WEST, "west-ann"), "frontend -> cart--ann");
  });

  test("a middle service in a namespace of `through` carries the lane, though it forwards only a trace id", async () => {
    const reply = await untilPath(() => ask(EAST, "east-ann"), "frontend -> middle -> cart--ann");
    expect(receivedBy(reply.echo, `cart.${EAST}`)?.headers).toMatchObject({"x-swimlane": "east-ann"});
  });

  test("one service name in two namespaces is two services, each with its own group and lanes", async () => {
    expect((await ask(WEST, "west-ann")).path).toBe("frontend -> cart--ann");
    const other = await ask(WEST, "east-ann");
    expect(other.path).toBe("frontend -> cart");
    const pods = async (namespace: string) => (await mesh.pod(namespace, {app: "cart--ann"})).address;
    expect(await pods(EAST)).not.toBe(await pods(WEST));
    expect((await ask(EAST, "west-ann")).path).toBe("frontend -> middle -> cart");
  });

  test("a lane that ends in one namespace goes on in the other", async () => {
    await deleteLanes(mesh, lanes[0]!);
    await untilPath(() => ask(EAST, "east-ann"), "frontend -> middle -> cart");
    expect((await ask(WEST, "west-ann")).path).toBe("frontend -> cart--ann");
  });
});
