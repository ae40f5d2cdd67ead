import {afterAll, beforeAll, expect, test} from "vitest";
import {cycleLane} from "./cycles.ts";
import {LoadShop} from "./rig.ts";

let shop: LoadShop;
beforeAll(async () => {
  shop = await LoadShop.start("load-cycles");
});
afterAll(() => shop?.end());

test.each(["native", "routes"])(
  "routing: %s: a lane comes and goes 200 times, and no request is lost",
  async (routing) => {
    await shop.apply(shop.group(routing), shop.ann);
    expect((await cycleLane(shop, 200)).failed).toEqual([]);
  },
  3_600_000,
);
