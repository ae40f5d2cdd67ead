import {spawn} from "node:child_process";
import {text} from "node:stream/consumers";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {applyLanes, deleteLanes, type Mesh} from "../client/index.ts";
import {until} from "../until.ts";
import {LoadShop} from "./rig.ts";

const PROGRAM = new URL("../../../dist/cli/main.js", import.meta.url).pathname;

let shop: LoadShop;
beforeAll(async () => {
  shop = await LoadShop.start("load-apply");
});
afterAll(() => shop?.end());

const inLane = async (lane: string) =>
  (await shop.mesh.request({...shop.request(lane), newConnection: true})).workloads["cart"] === "cart--ann";

describe.each(["native", "routes"])("routing: %s:", (routing) => {
  beforeAll(async () => {
    await shop.apply(shop.group(routing), shop.ann);
    await shop.restartFrontend();
  });

  test("when apply --wait has returned, the very next request is in the lane", async () => {
    const late: string[] = [];
    for (let each = 0; each < 50; each++) {
      const lane = shop.lane(`next-${each}`);
      await applyLanes(shop.mesh, lane);
      if (!(await inLane(lane.metadata.name))) late.push(lane.metadata.name);
      // Every other one stays, so that lanes are first ones and further ones by turns.
      if (each % 2 === 0) await deleteLanes(shop.mesh, lane);
    }
    await deleteLanes(shop.mesh, ...Array.from({length: 50}, (_, each) => shop.lane(`next-${each}`)));
    expect(late).toEqual([]);
  }, 900_000);

  test("half of the lanes have their first request within a second of the start of apply", async () => {
    const ms: number[] = [];
    for (let each = 0; each < 15; each++) {
      const lane = shop.lane(`first-${each}`);
      const began = performance.now();
      const applied = runProgram(shop.mesh, ["apply", "-f", "-"], lane);
      await until(() => inLane(lane.metadata.name), {what: "a request is in the lane", everyMs: 5});
      ms.push(Math.round(performance.now() - began));
      await applied;
      await deleteLanes(shop.mesh, lane);
    }
    const sorted = ms.toSorted((a, b) => a - b);
    const p50 = sorted[Math.floor(sorted.length / 2)]!;
    process.stderr.write(
      `${routing}: from apply to the first request in the lane: p50 ${p50} ms of ${sorted.join(", ")}\n`,
    );
    expect(p50).toBeLessThanOrEqual(1000);
  }, 300_000);
});

/** The program as a user runs it. */
async function runProgram({kubeconfig}: Mesh, args: readonly string[], object: KubernetesObject): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, ...args, "--kubeconfig", kubeconfig]);
  child.stdin.end(JSON.stringify(object));
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const said = await text(child.stderr);
  if ((await code) !== 0) throw new Error(said);
}
