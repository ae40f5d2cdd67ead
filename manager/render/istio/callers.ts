import {keyOf, type Mesh, type SwimLaneGroup} from "../../model/index.ts";

/**
 * The namespaces whose proxies need the routes of a group's services: its own, those that requests pass on the way, and those
 * of its lanes, whose pods call on. An EnvoyFilter reaches the proxies of its own namespace only. Sorted.
 */
export function callersOf(group: SwimLaneGroup, mesh: Mesh): string[] {
  const lanes = mesh.lanes.filter(({spec}) => spec.group === keyOf(group)).map(({metadata}) => metadata.namespace);
  return [...new Set([group.metadata.namespace, ...group.spec.through, ...lanes])].sort();
}
