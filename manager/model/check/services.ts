import type {SwimLaneGroup} from "../group.ts";
import type {SwimLane} from "../lane.ts";
import type {Broken, Mesh} from "../mesh.ts";
import {problemAt, type Problem} from "../problem.ts";
import {keyOf, servicesOf} from "../resolve.ts";
import {didYouMean} from "../suggest.ts";

/** A service is in one group, and what lanes and strict lists name is in theirs. */
export function checkServices(mesh: Mesh, broken: Broken): Problem[] {
  const groups = new Map(mesh.groups.map((group) => [keyOf(group), group]));
  return [
    ...checkOwners(mesh.groups),
    ...(broken.playground ? [] : mesh.groups.flatMap((group) => checkGroupNames(group, mesh))),
    ...mesh.lanes.flatMap((lane) => checkLaneServices(lane, groups.get(lane.spec.group), mesh, broken)),
  ];
}

function checkOwners(groups: SwimLaneGroup[]): Problem[] {
  const problems: Problem[] = [];
  groups.forEach((group, index) => {
    for (const other of groups.slice(0, index)) {
      if (other.metadata.namespace === group.metadata.namespace) problems.push(...checkPair(group, other));
    }
  });
  return problems;
}

function checkPair(group: SwimLaneGroup, other: SwimLaneGroup): Problem[] {
  const {namespace, name} = other.metadata;
  const [mine, theirs] = [group.spec.services, other.spec.services];
  if (mine === undefined || theirs === undefined) {
    const all = mine === undefined ? group.metadata.name : name;
    const message = `namespace ${namespace} has two groups (${name} is the other), and ${all} has all of its Services`;
    return [problemAt(group, ["spec"], {message, hint: "Write services: in both groups."})];
  }
  return mine.flatMap((service, index) =>
    theirs.includes(service)
      ? [
          problemAt(group, ["spec", "services", index], {
            message: `service "${service}" is in group ${name} too`,
            hint: "A service is in one group: remove it from one of them.",
          }),
        ]
      : [],
  );
}

function checkGroupNames(group: SwimLaneGroup, mesh: Mesh): Problem[] {
  const services = servicesOf(mesh, group);
  const running = playgroundServices(mesh, group.metadata.namespace);
  const missing = (names: string[], among: string[] | undefined, field: string[], where: string) =>
    names.flatMap((service, index) =>
      among === undefined || among.includes(service)
        ? []
        : [
            problemAt(group, ["spec", ...field, index], {
              message: `service "${service}" is not in ${where}`,
              hint: didYouMean(service, among),
            }),
          ],
    );
  const here = `group ${group.metadata.name}`;
  return [
    ...missing(group.spec.services ?? [], running, ["services"], "the playground"),
    ...missing(group.spec.strict, services, ["strict"], here),
    ...missing(group.spec.entry.services, services, ["entry", "services"], here),
    ...missing(
      group.spec.entry.routes.map(({service}) => service),
      services,
      ["entry", "routes"],
      here,
    ),
  ];
}

function playgroundServices({playground}: Mesh, namespace: string): string[] | undefined {
  if (playground?.metadata.namespace !== namespace) return undefined;
  return playground.spec.services.map(({name}) => name);
}

function checkLaneServices(lane: SwimLane, group: SwimLaneGroup | undefined, mesh: Mesh, broken: Broken): Problem[] {
  if (group === undefined || (broken.playground && group.spec.services === undefined)) return [];
  const services = servicesOf(mesh, group);
  if (services === undefined) return [];
  return lane.spec.services.flatMap(({name}, index) =>
    services.includes(name)
      ? []
      : [
          problemAt(lane, ["spec", "services", index, "name"], {
            message: `service "${name}" is not in group ${group.metadata.name}`,
            hint: didYouMean(name, services) ?? `The group has ${list(services)}.`,
          }),
        ],
  );
}

function list(names: string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more` : names.join(", ");
}
