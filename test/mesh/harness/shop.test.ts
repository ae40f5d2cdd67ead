import {afterAll, beforeAll, expect, test} from "vitest";
import {type Mesh, theMesh} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";

const NAMESPACE = "harness-shop";
let mesh: Mesh;

beforeAll(async () => {
  mesh = await theMesh();
  const playground = playgroundWith({frontend: {calls: ["cart"]}, cart: {}});
  await mesh.shop(NAMESPACE, playground, {hosts: ["harness.localhost"]});
});
afterAll(() => mesh.removeNamespace(NAMESPACE));

test("A request from outside goes through the gateway and from sidecar to sidecar", async () => {
  const reply = await mesh.request({host: "harness.localhost"});
  expect(reply).toMatchObject({status: 200, path: "frontend -> cart"});
});
