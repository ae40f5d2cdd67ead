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
    const chains = chainsOf(lanes);
    const names = new Set([...(servicesOf(mesh, group) ?? []), ...chains.keys()]);
    return [...names].map((name) => compileService({group, name, lanes, chains: chains.get(name) ?? []}, facts));
  });
  return plans.sort((a, b) => (a.service < b.service ? -1 : 1));
}

interface Chain {
  readonly lane: SwimLane;
  readonly chain: readonly Destination[];
}

interface ServiceOfGroup {
  readonly group: SwimLaneGroup;
  readonly name: string;
  /** Of the group. */
  readonly lanes: readonly SwimLane[];
  readonly chains: readonly Chain[];
}

function compileService({group, name, lanes, chains}: ServiceOfGroup, facts: Facts): ServicePlan {
  const service = key(group.metadata.namespace, name);
  const baseline = baselineDestination(group, service, facts, lanes);
  const routes = chains.map(({lane, chain}): LaneRoute => {
    const strict = lane.spec.strict || group.spec.strict.includes(name);
    return {lane: lane.metadata.name, chain: distinct(strict ? chain : [...chain, baseline])};
  });
  return {service, baseline, lanes: routes.sort((a, b) => (a.lane < b.lane ? -1 : 1))};
}

/** By service: each lane's own workload of it, then those of the lane's fallbacks, in their order. */
function chainsOf(lanes: readonly SwimLane[]): Map<string, Chain[]> {
  const named = new Map(lanes.map((lane) => [lane.metadata.name, lane]));
  const chains = new Map<string, Chain[]>();
  for (const lane of lanes) {
    const tried = [lane, ...lane.spec.fallback.flatMap((other) => named.get(other) ?? [])];
    const own = new Map<string, Destination[]>();
    for (const candidate of tried)
      for (const service of candidate.spec.services)
        own.set(service.name, [...(own.get(service.name) ?? []), laneDestination(candidate, service)]);
    for (const [name, chain] of own) chains.set(name, [...(chains.get(name) ?? []), {lane, chain}]);
  }
  return chains;
}

function distinct(chain: readonly Destination[]): Destination[] {
  return chain.filter((one, index) => chain.findIndex((other) => sameDestination(one, other)) === index);
}
