/** A small mesh whose processes are killed and whose programs become unready. */
import {afterAll, beforeAll, expect, test} from "vitest";
import {until} from "../../../manager/playground/admin.ts";
import {failures, startLoad} from "./rig/load.ts";
import {Local} from "./rig/local.ts";
import {type Ask, inLane, type Visit} from "./rig/visit.ts";

const LANES = ["ann", "team", "sly"] as const;

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
---${more}
apiVersion: meshlane.dev/v1alpha1
kind: Playground
metadata: {name: shop, namespace: shop}
spec:
  services:
    - {name: front, calls: [back], forwards: [traceparent]}
    - {name: back}
${[...LANES.map((lane) => `back--${lane}`), ...(services ? [services] : [])].map((name) => `    - {name: ${name}}`).join("\n")}
`;

let mesh: Local;
beforeAll(async () => {
  mesh = await Local.start(shop());
});
afterAll(() => mesh?.stop());

const WITHIN_MS = 10_000;

/** Visits until that workload answers for back. */
async function answers(ask: Ask, workload: string): Promise<void> {
  let last: Visit | undefined;
  const there = async (): Promise<boolean> => (last = await mesh.visit(ask)).at("back") === workload;
  if (!(await until(there, WITHIN_MS))) throw new Error(`${workload} does not answer: ${JSON.stringify(last)}`);
}

const ready = (name: string, wanted: boolean): Promise<boolean> =>
  until(async () => mesh.pod(name).ready === wanted, WITHIN_MS, 5);

const FOUR = [inLane("ann"), inLane("ann"), inLane("ann"), inLane("ann")];

test("a lane's workload that becomes unready costs no request, and is used again when it is ready", async () => {
  await answers(inLane("ann"), "back--ann");
  const load = startLoad(mesh.port, FOUR);
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
  mesh.kill("back--ann", "application", "SIGUSR2");
  await answers(inLane("ann"), "back--team");
  mesh.kill("back--team", "application", "SIGUSR2");
  await answers(inLane("ann"), "back");
  mesh.kill("back--team", "application", "SIGUSR2");
  await answers(inLane("ann"), "back--team");
  mesh.kill("back--ann", "application", "SIGUSR2");
  await answers(inLane("ann"), "back--ann");
});

test.each(["application", "sidecar"] as const)(
  "a lane's workload whose %s is killed under load costs no more than the requests in flight, and comes back",
  async (what) => {
    const load = startLoad(mesh.port, FOUR);
    await load.answered(40);
    mesh.kill("back--ann", what, "SIGKILL");
    await load.answered(100);
    await answers(inLane("ann"), "back--ann");
    await load.answered(20);
    const answered = await load.stop();
    expect(failures(answered).length).toBeLessThanOrEqual(FOUR.length);
    const elsewhere = answered.filter(({body}) => /"workload": ?"back--team"/.test(body));
    expect(elsewhere.length).toBeGreaterThan(0);
  },
);

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
