import {afterAll, beforeAll, expect, test} from "vitest";
import {
  applyLanes,
  deleteLanes,
  groupObject,
  INGRESS,
  installMeshlane,
  laneObject,
  type Mesh,
  theMesh,
} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";
import {laneShop, traced, untilPath} from "./lane-shop.ts";

const NAMESPACE = "lanes-workers";
const HOST = "lanes-workers.localhost";
const LANE = "workers-ann";

const entry = {gateways: [`${INGRESS}/public`], hosts: [HOST], lane: [{header: "x-swimlane", from: ["10.0.0.0/8"]}]};
const group = groupObject("shop", {services: ["cart"], entry}, NAMESPACE);
const lane = laneObject(NAMESPACE, LANE, {cart: "cart--ann"});

let mesh: Mesh;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  const playground = playgroundWith({frontend: {calls: ["cart"]}, cart: {}, "cart--ann": {}});
  await laneShop(mesh, NAMESPACE, {playground, groups: [group], hosts: [HOST]});
  await applyLanes(mesh, lane);
  await untilPath(() => ask(true), "frontend -> cart--ann");
});
afterAll(async () => {
  await deleteLanes(mesh, lane, group);
  await mesh.removeNamespace(NAMESPACE);
});

function ask(inLane: boolean) {
  return mesh.request({
    ...traced({host: HOST, headers: inLane ? {"x-swimlane": LANE} : {}}),
    newConnection: true,
  });
}

test("lanes hold whatever worker takes the request: connections of many, at the same time, on two workers", async () => {
  const pods = await mesh.pods(NAMESPACE);
  for (const pod of pods) {
    const {command_line_options: options} = JSON.parse(await mesh.envoy(pod, "/server_info")) as {
      command_line_options: {concurrency: number};
    };
    expect(options.concurrency).toBe(2);
  }
  const paths: Record<string, number> = {};
  for (let round = 0; round < 10; round++) {
    const replies = await Promise.all(
      Array.from({length: 20}, async (_, index) => {
        const inLane = index % 2 === 0;
        return `${inLane}: ${(await ask(inLane)).path}`;
      }),
    );
    for (const path of replies) paths[path] = (paths[path] ?? 0) + 1;
  }
  expect(paths).toEqual({"true: frontend -> cart--ann": 100, "false: frontend -> cart": 100});
});
