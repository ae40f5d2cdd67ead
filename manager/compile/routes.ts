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
  const baseline = destinationKey(plan.baseline);
  const taken = new Map<string, {lanes: string[]; to: Destination}>();
  const refused: string[] = [];
  for (const route of plan.lanes) {
    const to = firstReady(route, plan.baseline, ready);
    if (to === undefined) {
      refused.push(route.lane);
      continue;
    }
    const key = destinationKey(to);
    if (key === baseline) continue;
    const met = taken.get(key);
    if (met === undefined) taken.set(key, {lanes: [route.lane], to});
    else met.lanes.push(route.lane);
  }
  return {taken: [...taken.values()], refused};
}

/** The baseline at the end of a chain is taken ready or not: there is nothing after it. */
export function firstReady({chain}: LaneRoute, baseline: Destination, ready: Ready): Destination | undefined {
  const found = chain.find((one) => ready(one) !== false);
  return found ?? (isStrict(chain, baseline) ? undefined : baseline);
}

/** Whether a chain does not end at the baseline. */
function isStrict(chain: readonly Destination[], baseline: Destination): boolean {
  const last = chain.at(-1);
  return last === undefined || destinationKey(last) !== destinationKey(baseline);
}

/** One text for one set of pods, as far as names tell. */
export function destinationKey({service, labels = {}}: Destination): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([service, ...sorted]);
}
