import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {
  applyLanes,
  deleteLanes,
  groupObject,
  INGRESS,
  installMeshlane,
  laneObject,
  type Mesh,
  meshlane,
  receivedBy,
  type Request,
  theMesh,
} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";
import {laneShop, SOON, untilPath} from "./lane-shop.ts";

const NAMESPACE = "lanes-gateway";
const LEFT = "left.lanes-gateway.localhost";
const RIGHT = "right.lanes-gateway.localhost";
const WITHOUT = "without.lanes-gateway.localhost";
const ASKED = ["x-swimlane-asked", "x-swimlane-asked-baggage"];

const entry = (hosts: string[], from: string) => ({
  gateways: [`${INGRESS}/public`],
  hosts,
  lane: [{header: "x-swimlane", from: [from]}],
});
const left = groupObject("left", {services: ["cart"], entry: entry([LEFT], "10.0.0.0/8")}, NAMESPACE);
const right = groupObject("right", {services: ["payment"], entry: entry([RIGHT], "192.0.2.0/24")}, NAMESPACE);
const ann = laneObject(NAMESPACE, "gateway-ann", {cart: "cart--ann"}, {group: "left"});
const bob = laneObject(
  NAMESPACE,
  "gateway-bob",
  {payment: "payment--bob"},
  {group: "right", match: [{headers: {"x-user": {exact: "bob"}}}]},
);

let mesh: Mesh;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  const playground = playgroundWith({
    frontend: {calls: ["cart", "payment"], forwards: ["traceparent", ...ASKED]},
    cart: {},
    payment: {},
    "cart--ann": {},
    "payment--bob": {},
  });
  await laneShop(mesh, NAMESPACE, {playground, groups: [left, right], hosts: [LEFT, RIGHT, WITHOUT]});
  await applyLanes(mesh, ann, bob);
  await untilPath(() => ask({host: LEFT, headers: {"x-swimlane": "gateway-ann"}}), "frontend (cart--ann, payment)");
});
afterAll(async () => {
  await deleteLanes(mesh, ann, bob, left, right);
  await mesh.removeNamespace(NAMESPACE);
});

function ask(request: Request) {
  return mesh.request({...request, newConnection: true});
}

/** What the first program received of the context and of what the edge reads. */
async function received(request: Request): Promise<Record<string, string>> {
  const {traceparent: _, "x-request-id": __, ...headers} = receivedBy((await ask(request)).echo, "frontend")!.headers;
  return headers;
}

describe("two groups on one gateway", () => {
  test("are told apart by their hosts: each host has its own group's ways in", async () => {
    const headers = {"x-swimlane": "gateway-ann"};
    expect((await ask({host: LEFT, headers})).path).toBe("frontend (cart--ann, payment)");
    expect((await ask({host: RIGHT, headers})).path).toBe("frontend (cart, payment)");
  });

  test("and its own lanes' rules", async () => {
    const headers = {"x-user": "bob"};
    await untilPath(() => ask({host: RIGHT, headers}), "frontend (cart, payment--bob)");
    expect((await ask({host: LEFT, headers})).path).toBe("frontend (cart, payment)");
  });

  test("a host of neither has no lanes", async () => {
    const headers = {"x-swimlane": "gateway-ann", "x-user": "bob"};
    expect((await ask({host: WITHOUT, headers})).path).toBe("frontend (cart, payment)");
  });

  test("a third one whose hosts overlap is refused, and nothing changes", async () => {
    const third = groupObject("third", {services: ["frontend"], entry: entry([`*.${LEFT.slice(5)}`], "0.0.0.0/0")});
    const object = {...third, metadata: {name: "third", namespace: NAMESPACE}};
    const {code, stderr} = await meshlane(mesh, ["apply", "-f", "-"], JSON.stringify(object));
    expect(code).toBe(1);
    expect(stderr).toMatch(/third.*(left|right)/);
    expect(await mesh.api.read(object)).toBeUndefined();
  });
});

describe("the gateway strips what nobody grants", () => {
  const asked = {"x-swimlane": "gateway-ann", baggage: "a=1,swimlane=gateway-ann,b=2;p=q"};

  test("header and baggage member go, other members stay", async () => {
    expect(await received({host: RIGHT, headers: asked})).toEqual({baggage: "a=1,b=2;p=q"});
    expect(await received({host: WITHOUT, headers: asked})).toEqual({baggage: "a=1,b=2;p=q"});
  });

  test("what a client writes where the edge reads what is asked for is removed before", async () => {
    const forged = {"x-swimlane-asked": "gateway-ann", "x-swimlane-asked-baggage": "swimlane=gateway-ann"};
    expect(await received({host: LEFT, headers: forged})).toEqual({});
    expect((await ask({host: LEFT, headers: forged})).path).toBe("frontend (cart, payment)");
  });

  test("where it is granted, header and member agree, beside the others", async () => {
    expect(await received({host: LEFT, headers: {...asked, baggage: "a=1,swimlane=other"}})).toEqual({
      "x-swimlane": "gateway-ann",
      baggage: "a=1,swimlane=gateway-ann",
    });
  });

  describe("with the filter skipped, as its image cannot be fetched", () => {
    const lost = {spec: {url: "oci://127.0.0.1:1/lost:none", sha256: null}};
    const isSkipped = async (): Promise<boolean> =>
      "x-swimlane-asked" in (await received({host: LEFT, headers: asked}));

    beforeAll(async () => {
      const [plugin] = (await mesh.kubectl("get", "wasmplugins", "-n", INGRESS, "-o", "name"))
        .split("\n")
        .filter((name) => name.includes("meshlane-edge"));
      await mesh.kubectl("patch", "-n", INGRESS, plugin!, "--type=merge", "-p", JSON.stringify(lost));
      await until(isSkipped, {what: "the filter is skipped", ...SOON});
    });
    afterAll(async () => {
      await applyLanes(mesh, left);
      await until(async () => !(await isSkipped()), {what: "the filter is back", ...SOON});
    });

    test.each([LEFT, RIGHT, WITHOUT])("nothing that a client asks for comes in: %s", async (host) => {
      const headers = await received({host, headers: asked});
      expect(headers).not.toHaveProperty("x-swimlane");
      expect(headers).not.toHaveProperty("baggage");
      expect((await ask({host, headers: asked})).path).toBe("frontend (cart, payment)");
    });
  });
});
