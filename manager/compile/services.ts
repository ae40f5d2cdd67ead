import {keyOf, type Mesh, servicesOf, type SwimLane, type SwimLaneGroup} from "../model/index.ts";
import {baselineDestination, key, laneDestination, sameDestination} from "./destination.ts";
import type {Facts} from "./facts.ts";
import type {Destination, LaneRoute, ServicePlan} from "./plan.ts";

/**
 * For each service of a group: where each lane's requests go, and where else when nothing is ready there. A service that
 * no lane overrides is there too, without lanes: its baseline may be a part of its workloads.
 */
export function compileServices(mesh: Mesh, facts: Facts): ServicePlan[] {
  const plans = mesh.groups.flatMap((group) => {
    const lanes = mesh.lanes.filter(({spec}) => spec.group === keyOf(group));
    const overridden = lanes.flatMap(({spec}) => spec.services.map(({name}) => name));
    const names = new Set([...(servicesOf(mesh, group) ?? []), ...overridden]);
    return [...names].map((name) => compileService(group, name, lanes, facts));
  });
  return plans.sort((a, b) => (a.service < b.service ? -1 : 1));
}

function compileService(group: SwimLaneGroup, name: string, lanes: readonly SwimLane[], facts: Facts): ServicePlan {
  const service = key(group.metadata.namespace, name);
  const baseline = baselineDestination(group, service, facts, lanes);
  const routes = lanes.flatMap((lane): LaneRoute[] => {
    const chain = distinct(overrides(lane, name, lanes));
    if (chain.length === 0) return [];
    const strict = lane.spec.strict || group.spec.strict.includes(name);
    return [{lane: lane.metadata.name, chain: strict ? chain : distinct([...chain, baseline])}];
  });
  return {service, baseline, lanes: routes.sort((a, b) => (a.lane < b.lane ? -1 : 1))};
}

/** The lane's own workload of the service, then those of its fallbacks, in their order. */
function overrides(lane: SwimLane, name: string, lanes: readonly SwimLane[]): Destination[] {
  const tried = [lane, ...lane.spec.fallback.map((other) => lanes.find(({metadata}) => metadata.name === other))];
  return tried.flatMap((candidate) => {
    const service = candidate?.spec.services.find((each) => each.name === name);
    return candidate && service ? [laneDestination(candidate, service)] : [];
  });
}

function distinct(chain: readonly Destination[]): Destination[] {
  return chain.filter((one, index) => chain.findIndex((other) => sameDestination(one, other)) === index);
}
