import type {Mesh} from "../model/index.ts";
import {key, laneDestination, sameDestination} from "./destination.ts";
import type {PodLane} from "./plan.ts";

/**
 * The pods whose own calls belong to their lane when nothing else tells: those of exactly one lane that is nobody's
 * fallback, and of no baseline.
 */
export function compilePods(mesh: Mesh): PodLane[] {
  const baseline = new Set(
    mesh.groups.flatMap(({metadata, spec}) => (spec.services ?? []).map((name) => key(metadata.namespace, name))),
  );
  const fallbacks = new Set(mesh.lanes.flatMap(({spec}) => spec.fallback));
  const all = mesh.lanes.flatMap((lane) =>
    lane.spec.services.map((service) => ({destination: laneDestination(lane, service), lane: lane.metadata.name})),
  );
  return all.filter(
    (pod) =>
      !fallbacks.has(pod.lane) &&
      (pod.destination.labels !== undefined || !baseline.has(pod.destination.service)) &&
      all.every((other) => other.lane === pod.lane || !sameDestination(other.destination, pod.destination)),
  );
}
