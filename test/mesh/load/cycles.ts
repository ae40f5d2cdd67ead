import {applyLanes, deleteLanes, type SteadyResult} from "../client/index.ts";
import type {LoadShop} from "./rig.ts";

/** Applies and removes a lane again and again under load, while lane ann stays. @returns how the load fared */
export function cycleLane(shop: LoadShop, cycles: number): Promise<SteadyResult> {
  const lane = shop.lane("cycled");
  const requests = [shop.request("ann"), shop.request("cycled"), shop.request()];
  return shop.underLoad(`${cycles} cycles of a lane`, requests, async () => {
    for (let cycle = 0; cycle < cycles; cycle++) {
      await applyLanes(shop.mesh, lane);
      await shop.requireIn("cycled");
      await deleteLanes(shop.mesh, lane);
    }
  });
}
