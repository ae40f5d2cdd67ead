import type {Mesh} from "../model/index.ts";
import {key, laneDestination} from "./destination.ts";
import type {PodLane} from "./plan.ts";
import {destinationKey} from "./routes.ts";

/**
 * The pods whose own calls belong to their lane when nothing else tells: those of exactly one lane that is nobody's
 * fallback, and of no baseline.
 */
export function compilePods(mesh: Mesh): PodLane[] {
  const baseline = new Set(
    mesh.groups.flatMap(({metadata, spec}) => (spec.services ?? []).map((name) => key(metadata.namespace, name))),
  );
  const fallbacks = new Set(mesh.lanes.flatMap(({spec}) => spec.fallback));
  const all = namedPods(mesh);
  const shared = sharedDestinations(all);
  return all.filter(
    ({lane, destination}) =>
      !fallbacks.has(lane) &&
      (destination.labels !== undefined || !baseline.has(destination.service)) &&
      !shared.has(destinationKey(destination)),
  );
}

/** What each lane names, whoever else has it. */
export function namedPods(mesh: Mesh): PodLane[] {
  return mesh.lanes.flatMap((lane) =>
    lane.spec.services.map((service) => ({destination: laneDestination(lane, service), lane: lane.metadata.name})),
  );
}

/** Keys of the destinations that several lanes name. */
function sharedDestinations(all: readonly PodLane[]): Set<string> {
  const shared = new Set<string>();
  const lanes = new Map<string, string>();
  for (const {lane, destination} of all) {
    const pods = destinationKey(destination);
    const first = lanes.get(pods) ?? lane;
    lanes.set(pods, first);
    if (first !== lane) shared.add(pods);
  }
  return shared;
}
