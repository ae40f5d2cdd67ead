import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {
  applyLanes,
  deleteLanes,
  groupObject,
  INGRESS,
  installMeshlane,
  laneObject,
  type Mesh,
  type PodView,
  theMesh,
} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";
import {laneShop, traced, untilPath} from "./lane-shop.ts";

const NAMESPACE = "lanes-workers";
const HOST = "lanes-workers.localhost";
const LANE = "workers-ann";

const entry = {gateways: [`${INGRESS}/public`], hosts: [HOST], lane: [{header: "x-swimlane", from: ["10.0.0.0/8"]}]};
const group = (routing: string) => groupObject("shop", {services: ["cart"], routing, entry}, NAMESPACE);
const lane = laneObject(NAMESPACE, LANE, {cart: "cart--ann"});

let mesh: Mesh;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  const playground = playgroundWith({frontend: {calls: ["cart"]}, cart: {}, "cart--ann": {}});
  await laneShop(mesh, NAMESPACE, {playground, groups: [group("native")], hosts: [HOST]});
  await countByWorker("frontend");
});
afterAll(async () => {
  await deleteLanes(mesh, lane, group("native"));
  await mesh.removeNamespace(NAMESPACE);
});

/** Istio leaves most of Envoy's statistics out unless a pod asks for them. */
async function countByWorker(deployment: string): Promise<void> {
  const config = JSON.stringify({proxyStatsMatcher: {inclusionRegexps: ["listener\\..*worker_.*downstream_cx_total"]}});
  const patch = {spec: {template: {metadata: {annotations: {"proxy.istio.io/config": config}}}}};
  await mesh.kubectl("-n", NAMESPACE, "patch", "deployment", deployment, "-p", JSON.stringify(patch));
  await mesh.kubectl("-n", NAMESPACE, "rollout", "status", "deployment", deployment);
  await until(async () => (await mesh.pods(NAMESPACE)).length === 3, {what: "the pod of before is gone"});
}

/** Connections that each worker of the pod's proxy has taken, of those that arrive (15006) or leave for port 80. */
async function taken(pod: PodView, port: number): Promise<number[]> {
  const stats = await mesh.envoy(pod, `/stats?filter=0.0.0.0_${port}.worker_`);
  return [...stats.matchAll(/downstream_cx_total: (\d+)/g)].map(([, count]) => Number(count));
}

function ask(inLane: boolean) {
  return mesh.request({
    ...traced({host: HOST, headers: inLane ? {"x-swimlane": LANE} : {}}),
    newConnection: true,
  });
}

describe.each(["native", "routes"] as const)("routing: %s:", (routing) => {
  beforeAll(async () => {
    await applyLanes(mesh, group(routing), lane);
    await untilPath(() => ask(true), "frontend -> cart--ann");
  });

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
    const frontend = await mesh.pod(NAMESPACE, {app: "frontend"});
    for (const port of [15006, 80]) {
      const counts = await taken(frontend, port);
      expect(counts).toHaveLength(2);
      expect(Math.min(...counts)).toBeGreaterThan(0);
    }
  });
});
