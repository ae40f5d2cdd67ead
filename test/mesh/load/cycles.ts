import {applyLanes, deleteLanes, type SteadyResult} from "../client/index.ts";
import {type LoadShop, RATE, report, requireRate, untilCaughtUp} from "./rig.ts";

/** Applies and removes a lane again and again under load, while another lane stays. @returns how the load fared */
export async function cycleLane(shop: LoadShop, cycles: number): Promise<SteadyResult> {
  const lane = shop.lane("cycled");
  const requests = [shop.request("ann"), shop.request("cycled"), shop.request()];
  const load = await shop.mesh.steadyLoad(RATE, ...requests);
  for (let cycle = 0; cycle < cycles; cycle++) {
    await applyLanes(shop.mesh, lane);
    await shop.requireIn("cycled");
    await deleteLanes(shop.mesh, lane);
  }
  await untilCaughtUp(load);
  const result = await load.stop();
  report(`${cycles} cycles of a lane`, result);
  requireRate(result);
  return result;
}
