import {sameDestination} from "./destination.ts";
import type {Destination, LaneRoute, ServicePlan} from "./plan.ts";

/** A service's lanes by where their requests go now. */
export interface ReadyRoutes {
  /** One entry a destination other than the baseline; lanes sorted, destinations by their first lane. */
  readonly taken: readonly {readonly lanes: readonly string[]; readonly to: Destination}[];
  /** Strict lanes that have nothing ready: their requests are to be refused. */
  readonly refused: readonly string[];
}

/** `undefined`: nothing is known, and then a destination counts as ready. */
export type Ready = (destination: Destination) => boolean | undefined;

/** Resolves each lane's chain to its first ready destination. A lane that comes to the baseline needs no route of its own. */
export function readyRoutes(plan: ServicePlan, ready: Ready): ReadyRoutes {
  const taken: {lanes: string[]; to: Destination}[] = [];
  const refused: string[] = [];
  for (const route of plan.lanes) {
    const to = firstReady(route, plan.baseline, ready);
    if (to === undefined) refused.push(route.lane);
    else if (!sameDestination(to, plan.baseline)) {
      const met = taken.find((other) => sameDestination(other.to, to));
      if (met === undefined) taken.push({lanes: [route.lane], to});
      else met.lanes.push(route.lane);
    }
  }
  return {taken, refused};
}

/** The baseline at the end of a chain is taken ready or not: there is nothing after it. */
export function firstReady({chain}: LaneRoute, baseline: Destination, ready: Ready): Destination | undefined {
  const found = chain.find((one) => ready(one) !== false);
  const last = chain.at(-1);
  return found ?? (last !== undefined && sameDestination(last, baseline) ? last : undefined);
}
