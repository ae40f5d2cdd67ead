import {afterAll, beforeAll, expect, test} from "vitest";
import {cycleLane} from "./cycles.ts";
import {BASELINE, IN_LANE, LoadShop, waysOf} from "./rig.ts";

let shop: LoadShop;
beforeAll(async () => {
  shop = await LoadShop.start("load-cycles");
});
afterAll(() => shop?.end());

test.each(["native", "routes"])(
  "routing: %s: a lane comes and goes 200 times, no request is lost, and none of another lane leaves it",
  async (routing) => {
    await shop.apply(shop.group(routing), shop.ann);
    await shop.restartFrontend();
    const result = await cycleLane(shop, 200);
    expect(result.failed).toEqual([]);
    expect(waysOf(result)).toEqual({ann: [IN_LANE], none: [BASELINE]});
  },
  3_600_000,
);
