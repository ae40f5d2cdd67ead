import type {Mesh} from "../model/index.ts";
import type {Facts} from "./facts.ts";
import {compileGroup} from "./group.ts";
import type {Owners, Plan} from "./plan.ts";
import {compilePods} from "./pods.ts";
import {compileServices} from "./services.ts";

export {playgroundFacts, type Facts} from "./facts.ts";
export type {Plan, Owners} from "./plan.ts";

/**
 * What is to happen in the mesh. Pure: the same mesh, facts and owners give the same plan.
 * @param mesh without problems; weights of a group that exceed 100 percent throw a RangeError
 * @param before who owned which bucket after the last compilation
 */
export function compileMesh(mesh: Mesh, facts: Facts, before: Owners): Plan {
  const groups = mesh.groups.map((group) => compileGroup(group, mesh.lanes, before)).sort(byName);
  const owners = Object.fromEntries(
    groups.map(({name, buckets}) => [name, Object.fromEntries(buckets.map(({lane, runs}) => [lane, runs]))]),
  );
  return {services: compileServices(mesh, facts), groups, pods: compilePods(mesh), owners: {...before, ...owners}};
}

function byName(a: {name: string}, b: {name: string}): number {
  return a.name < b.name ? -1 : 1;
}
