import type {SwimLaneGroup} from "../group.ts";
import type {Mesh} from "../mesh.ts";
import {problemAt, type Problem} from "../problem.ts";
import {overlap} from "./hosts.ts";

/** Routes on the gateways need gateways, hosts that are of the group, and names that stand once. */
export function checkEntryRoutes({groups}: Mesh): Problem[] {
  return groups.flatMap((group) =>
    group.spec.entry.routes.length === 0
      ? []
      : [...checkGateways(group), ...checkHosts(group), ...checkOnce(group, groups)],
  );
}

const path = ["spec", "entry", "routes"];

function checkGateways(group: SwimLaneGroup): Problem[] {
  const {gateways, routes} = group.spec.entry;
  if (gateways.length > 0) return [];
  const message = `routes for service "${routes[0]!.service}" on gateways, but entry names no gateway`;
  return [problemAt(group, path, {message, hint: "Write entry: {gateways: [NAMESPACE/NAME]}."})];
}

/** On a host of another group the edge would decide for that one. */
function checkHosts(group: SwimLaneGroup): Problem[] {
  const {hosts, lane, routes} = group.spec.entry;
  if (hosts === undefined) return [];
  const own = [...hosts, ...lane.flatMap((way) => way.host?.replace("{lane}", "*") ?? [])];
  return routes.flatMap((route, index) =>
    (route.hosts ?? []).flatMap((host, nth) =>
      own.some((pattern) => overlap(pattern, host))
        ? []
        : [
            problemAt(group, [...path, index, "hosts", nth], {
              message: `host ${host} is none of entry.hosts of group ${group.metadata.name}, so the edge decides nothing for it`,
              hint: `Add it to entry.hosts.`,
            }),
          ],
    ),
  );
}

/** A host or a delegate's name has one route; so has what is merged into. */
function checkOnce(group: SwimLaneGroup, groups: readonly SwimLaneGroup[]): Problem[] {
  const seen = new Set(groups.slice(0, groups.indexOf(group)).flatMap(targets));
  const problems: Problem[] = [];
  group.spec.entry.routes.forEach((_route, index) => {
    for (const target of targetsAt(group, index)) {
      if (seen.has(target)) {
        const message = `${target.split("@")[0]} stands in entry.routes a second time`;
        problems.push(problemAt(group, [...path, index], {message, hint: "One service answers it: remove the other."}));
      }
      seen.add(target);
    }
  });
  return problems;
}

function targets(group: SwimLaneGroup): string[] {
  return group.spec.entry.routes.flatMap((_route, index) => targetsAt(group, index));
}

/** What is taken, as words for people and, after an `@`, where. */
function targetsAt({metadata, spec}: SwimLaneGroup, index: number): string[] {
  const {hosts = [], delegate, merge} = spec.entry.routes[index]!;
  return [
    ...hosts.flatMap((host) => spec.entry.gateways.map((gateway) => `host ${host}@${gateway}`)),
    ...(delegate === undefined ? [] : [`delegate ${delegate}@${metadata.namespace}`]),
    ...(merge === undefined ? [] : [`route ${merge.route} of ${merge.virtualService ?? merge.httpRoute}@`]),
  ];
}
