import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {applyLanes, deleteLanes} from "../client/index.ts";
import {LoadShop} from "./rig.ts";

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
});
