import {type LaneService, selects, type SwimLane, type SwimLaneGroup} from "../model/index.ts";
import type {Facts} from "./facts.ts";
import type {Destination} from "./plan.ts";

/** `NAMESPACE/NAME` of a group or a service. */
export function key(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** Where a lane's requests for one of its services go: a fork's own Service, another one, or labelled pods of the same. */
export function laneDestination(lane: SwimLane, service: LaneService): Destination {
  const [groupNamespace = ""] = lane.spec.group.split("/");
  if (service.to !== undefined) return {service: key(lane.metadata.namespace, service.to)};
  if (service.labels !== undefined) return {service: key(groupNamespace, service.name), labels: service.labels};
  return {service: key(groupNamespace, `${service.name}--${lane.metadata.name}`)};
}

/**
 * The baseline is the whole Service, unless some of its workloads carry the group's baseline labels. Where no workload is
 * known, a lane that shares the Service by labels of its own says as much.
 */
export function baselineDestination(
  group: SwimLaneGroup,
  service: string,
  facts: Facts,
  lanes: readonly SwimLane[],
): Destination {
  const labels = group.spec.baseline?.labels;
  if (labels === undefined) return {service};
  const workloads = facts.services.get(service) ?? [];
  const carried =
    workloads.length > 0 ? workloads.some((workload) => selects(labels, workload)) : isShared(service, lanes);
  return carried ? {service, labels} : {service};
}

function isShared(service: string, lanes: readonly SwimLane[]): boolean {
  return lanes.some((lane) =>
    lane.spec.services
      .map((each) => laneDestination(lane, each))
      .some((to) => to.service === service && to.labels !== undefined),
  );
}

/** Whether two destinations are the same pods as far as their names tell. */
export function sameDestination(a: Destination, b: Destination): boolean {
  return a.service === b.service && JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted({labels = {}}: Destination): string[][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}
