/** A small mesh whose processes are killed and whose programs become unready. */
import {once} from "node:events";
import {createServer, type Server} from "node:http";
import type {AddressInfo} from "node:net";
import {afterAll, beforeAll, expect, test} from "vitest";
import {until} from "../../../manager/playground/envoy/admin.ts";
import {failures, startLoad} from "./rig/load.ts";
import {Local} from "./rig/local.ts";
import {type Ask, inLane, type Visit} from "./rig/visit.ts";

const LANES = ["ann", "team", "sly"] as const;

/** A program of the user's, of which nothing is known but whether it accepts connections. */
let mine: Server;
let minePort = 0;
async function startMine(): Promise<void> {
  mine = createServer((_, response) => response.end("{}"));
  await once(mine.listen(minePort, "127.0.0.1"), "listening");
  minePort = (mine.address() as AddressInfo).port;
}

/** Resolves when it has just been looked after: now it takes longest until its end is noticed. */
function probed(): Promise<void> {
  return new Promise((resolve) => {
    mine.on("connection", (socket) => socket.once("close", () => socket.bytesRead === 0 && resolve()));
  });
}

const shop = (more = "", services = ""): string => `
apiVersion: meshlane.dev/v1alpha1
kind: SwimLaneGroup
metadata: {name: shop, namespace: shop}
spec:
  services: [front, back]
  entry: {gateways: [istio-ingress/public], lane: [{header: x-swimlane, from: [127.0.0.0/8]}]}
---
apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: ann, namespace: shop}
spec: {services: [{name: back, to: back--ann}], fallback: [team]}
---
apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: team, namespace: shop}
spec: {services: [{name: back, to: back--team}]}
---
apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: sly, namespace: shop}
spec: {services: [{name: back, to: back--sly}], strict: true}
---
apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: mine, namespace: shop}
spec: {services: [{name: back, to: back--mine}]}
---${more}
apiVersion: meshlane.dev/v1alpha1
kind: Playground
metadata: {name: shop, namespace: shop}
spec:
  services:
    - {name: front, calls: [back], forwards: [traceparent]}
    - {name: back}
    - {name: back--mine, workloads: [{name: back--mine, address: "127.0.0.1:${minePort}"}]}
${[...LANES.map((lane) => `back--${lane}`), ...(services ? [services] : [])].map((name) => `    - {name: ${name}}`).join("\n")}
`;

let mesh: Local;
beforeAll(async () => {
  await startMine();
  mesh = await Local.start(shop());
});
afterAll(async () => {
  await mesh?.stop();
  mine.close();
});

const WITHIN_MS = 10_000;

/** Visits until that workload answers for back. */
async function answers(ask: Ask, workload: string): Promise<void> {
  let last: Visit | undefined;
  await until(async () => (last = await mesh.visit(ask)).at("back") === workload, WITHIN_MS);
  expect(last?.at("back")).toBe(workload);
}

const ready = (name: string, wanted: boolean): Promise<boolean> =>
  until(async () => mesh.pod(name).ready === wanted, WITHIN_MS, 5);

const four = (lane: string): Ask[] => [inLane(lane), inLane(lane), inLane(lane), inLane(lane)];

test("a lane's workload that becomes unready costs no request, and is used again when it is ready", async () => {
  await answers(inLane("ann"), "back--ann");
  const load = startLoad(mesh.port, four("ann"));
  await load.answered(20);
  mesh.kill("back--ann", "application", "SIGUSR2");
  await answers(inLane("ann"), "back--team");
  await load.answered(20);
  mesh.kill("back--ann", "application", "SIGUSR2");
  await answers(inLane("ann"), "back--ann");
  await load.answered(20);
  expect(failures(await load.stop())).toEqual([]);
});

test("fallbacks are tried in order, the baseline last", async () => {
  const turn = (workload: string): void => mesh.kill(workload, "application", "SIGUSR2");
  turn("back--ann");
  await answers(inLane("ann"), "back--team");
  turn("back--team");
  await answers(inLane("ann"), "back");
  turn("back--team");
  await answers(inLane("ann"), "back--team");
  turn("back--ann");
  await answers(inLane("ann"), "back--ann");
  expect((await mesh.visit()).at("back")).toBe("back");
});

test.each(["application", "sidecar"] as const)(
  "a lane's workload whose %s is killed under load costs no more than the requests in flight, and comes back",
  async (what) => {
    const load = startLoad(mesh.port, four("ann"));
    await load.answered(40);
    mesh.kill("back--ann", what, "SIGKILL");
    await load.answered(100);
    await answers(inLane("ann"), "back--ann");
    await load.answered(20);
    const answered = await load.stop();
    expect(failures(answered).length).toBeLessThanOrEqual(4);
    const elsewhere = answered.filter(({body}) => /"workload": ?"back--team"/.test(body));
    expect(elsewhere.length).toBeGreaterThan(0);
  },
);

test("a process of the user's that ends costs no more than the requests in flight, however late that is noticed", async () => {
  await answers(inLane("mine"), "back--mine");
  const load = startLoad(mesh.port, four("mine"));
  await load.answered(40);
  await probed();
  mine.close();
  mine.closeAllConnections();
  await load.answered(40);
  await answers(inLane("mine"), "back");
  await startMine();
  await answers(inLane("mine"), "back--mine");
  expect(failures(await load.stop()).length).toBeLessThanOrEqual(4);
});

test("a strict lane whose workload is away is answered by a 503 that names the service and the lane", async () => {
  await answers(inLane("sly"), "back--sly");
  mesh.kill("back--sly", "application", "SIGUSR2");
  expect(await ready("back--sly", false)).toBe(true);
  const refused = async (): Promise<boolean> => (await mesh.visit(inLane("sly"))).status === 502;
  expect(await until(refused, WITHIN_MS)).toBe(true);
  const {ports} = mesh.pod("front").spec;
  const response = await fetch(`http://127.0.0.1:${ports.calls["back"]}/`, {headers: {"x-swimlane": "sly"}});
  expect(response.status).toBe(503);
  expect(await response.text()).toBe('meshlane: no ready workload of shop/back for lane "sly"\n');
  mesh.kill("back--sly", "application", "SIGUSR2");
  await answers(inLane("sly"), "back--sly");
});

test("a new lane is routable within a second of its workload being ready", async () => {
  const zoe = `
apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: zoe, namespace: shop}
spec: {services: [{name: back, to: back--zoe}]}
---`;
  const updated = mesh.update(shop(zoe, "back--zoe"));
  expect(await until(async () => mesh.running.pods.some(({name}) => name === "back--zoe"), WITHIN_MS, 5)).toBe(true);
  expect(await ready("back--zoe", true)).toBe(true);
  const began = performance.now();
  await answers(inLane("zoe"), "back--zoe");
  expect(performance.now() - began).toBeLessThan(1000);
  await updated;
  await mesh.update(shop());
  expect((await mesh.visit(inLane("zoe"))).at("back")).toBe("back");
});
