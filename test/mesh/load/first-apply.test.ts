import {readFileSync} from "node:fs";
import {afterAll, beforeAll, expect, test} from "vitest";
import type {PodView} from "../client/index.ts";
import {LoadShop} from "./rig.ts";

let shop: LoadShop;
beforeAll(async () => {
  shop = await LoadShop.start("load-first");
});
afterAll(() => shop?.end());

/** Where a sidecar takes connections that iptables redirected to it: from its pod's program, and to it. */
const PORTS = [15001, 15006];
/** TCP_ESTABLISHED in the kernel's include/net/tcp_states.h. */
const ESTABLISHED = "01";

/** Connections that the pod's sidecar holds, from its program and to it: proc_net_tcp(5). */
function openAt({pids}: PodView): number {
  const [, ...lines] = readFileSync(`/proc/${pids["istio-proxy"]}/net/tcp`, "utf8").trim().split("\n");
  const sockets = lines.map((line) => line.trim().split(/\s+/));
  return sockets.filter(([, local = "", , state]) => {
    return state === ESTABLISHED && PORTS.includes(Number.parseInt(local.split(":")[1]!, 16));
  }).length;
}

test("a connection from before its proxy had the filter takes at most one request more without it", async () => {
  const {mesh} = shop;
  // Under way at once, they keep several connections open.
  await Promise.all(Array.from({length: 40}, () => mesh.request(shop.request())));
  const open = openAt(await mesh.pod(shop.name, {app: "frontend"}));
  expect(open).toBeGreaterThan(0);
  await shop.apply(shop.group("native"), shop.ann);
  const went: boolean[] = [];
  for (let each = 0; each < 3 * open + 20; each++) {
    const {workloads} = await mesh.request({...shop.request("ann"), newConnection: true});
    went.push(workloads["cart"] === "cart--ann");
  }
  expect(went.filter((inLane) => !inLane).length).toBeLessThanOrEqual(open);
  expect(went.slice(-20).every((inLane) => inLane)).toBe(true);
});
