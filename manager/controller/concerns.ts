import {keyOf, type Mesh, type Problem, type SwimLane, type SwimLaneGroup} from "../model/index.ts";
import {nameOf, namespaceOf} from "../render/istio/names.ts";
import {undecided} from "../render/istio/own-object.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import type {Notice} from "../render/istio/options.ts";
import {sourceName} from "./cluster-mesh.ts";

/** What there is to say of a cluster, where an error is about what a command was asked for, and all else a warning. */
export interface Judged {
  readonly problems: readonly Problem[];
  readonly notices: readonly Notice[];
}

/** What a command was asked for. */
export interface Asked {
  readonly objects: readonly KubernetesObject[];
  /** Services, `NAMESPACE/NAME`, whose VirtualService is to be handed over. */
  readonly adopt: readonly string[];
}

/**
 * Demotes what is wrong with other groups and lanes than these.
 * @param all what there is to say of the whole mesh
 * @param noticesOf the notices of a mesh that has only a part of the groups and lanes
 */
export function judgedFor(
  {objects, adopt}: Asked,
  mesh: Mesh,
  all: Judged,
  noticesOf: (part: Mesh) => readonly Notice[],
): Judged {
  const files = new Set(objects.map(({kind, metadata}) => sourceName(kind, metadata)));
  const part = partOf(mesh, files);
  const own = new Set(noticesOf(part).filter(isError).map(topic));
  const applied = part.groups.filter(({metadata}) => files.has(sourceName("SwimLaneGroup", metadata)));
  const names = new Set([
    ...part.groups.flatMap((group) => [`group ${keyOf(group)}`, ...entrances(group)]),
    ...applied.map((group) => `hosts of group ${keyOf(group)}`),
    ...part.lanes.flatMap(({spec}) => overridden(spec.group, spec.services)),
    ...goneOf(mesh, objects).flatMap((lane) => leftBehind(lane, mesh)),
    ...adopt.flatMap((service) => concerning(service, mesh)),
  ]);
  return {
    problems: all.problems.map((problem) => (files.has(problem.file) ? problem : {...problem, severity: "warning"})),
    notices: all.notices.map((notice) =>
      own.has(topic(notice)) || [notice.subject, ...(notice.concerns ?? [])].some((name) => names.has(name))
        ? notice
        : {...notice, severity: "warning"},
    ),
  };
}

/** These groups with all their lanes, and these lanes with their groups and what stands in for them. */
function partOf({groups, lanes}: Mesh, files: ReadonlySet<string>): Mesh {
  const whole = new Set(groups.filter(({metadata}) => files.has(sourceName("SwimLaneGroup", metadata))).map(keyOf));
  const own = lanes.filter(({metadata, spec}) => files.has(sourceName("SwimLane", metadata)) || whole.has(spec.group));
  const kept = new Set(own.flatMap(({metadata, spec}) => [metadata.name, ...spec.fallback]));
  const entered = new Set([...whole, ...own.map(({spec}) => spec.group)]);
  return {
    groups: groups.filter((group) => entered.has(keyOf(group))),
    lanes: lanes.filter(({metadata}) => kept.has(metadata.name)),
  };
}

/** Where the requests of a group enter. */
function entrances({metadata, spec: {entry}}: SwimLaneGroup): string[] {
  return [
    ...entry.gateways.map((gateway) => `gateway ${gateway}`),
    ...entry.services.map((service) => `entry service ${metadata.namespace}/${service}`),
  ];
}

/** What there is of services that lanes of a group override. */
function overridden(group: string, services: readonly {readonly name: string}[]): string[] {
  return services.flatMap(({name}) => undecided(`${namespaceOf(group)}/${name}`));
}

/** By what a service, `NAMESPACE/NAME`, is not handed over: what there is of it, and where its group is entered. */
function concerning(service: string, mesh: Mesh): string[] {
  return [`service ${service}`, ...undecided(service), ...having(service, mesh).flatMap(entrances)];
}

/** The groups that have a service. */
function having(service: string, {groups}: Mesh): SwimLaneGroup[] {
  return groups.filter(({metadata, spec: {services = [nameOf(service)]}}) =>
    services.some((name) => `${metadata.namespace}/${name}` === service),
  );
}

/** Lanes that the mesh has no more: deleted, or not fit for use. */
function goneOf({lanes}: Mesh, objects: readonly KubernetesObject[]): KubernetesObject[] {
  const there = new Set(lanes.map(({metadata}) => sourceName("SwimLane", metadata)));
  return objects.filter(({kind, metadata}) => kind === "SwimLane" && !there.has(sourceName(kind, metadata)));
}

/**
 * By what routes of a lane stay although it is gone: what cannot be decided of its services, or of where it was entered. Its
 * group may be gone with it.
 */
function leftBehind({metadata: {namespace = "default"}, spec}: KubernetesObject, mesh: Mesh): string[] {
  const {group: asked, services = []} = (spec ?? {}) as Partial<Pick<SwimLane["spec"], "group" | "services">>;
  const key = asked?.includes("/") === false ? `${namespace}/${asked}` : asked;
  const own = mesh.groups.filter((group) =>
    key === undefined ? group.metadata.namespace === namespace : keyOf(group) === key,
  );
  if (own.length > 0) return own.flatMap((group) => [...entrances(group), ...overridden(keyOf(group), services)]);
  const gone = key ?? `${namespace}/`;
  const left = services.filter(({name}) => having(`${namespaceOf(gone)}/${name}`, mesh).length === 0);
  return overridden(gone, left);
}

function isError({severity}: Notice): boolean {
  return severity === "error";
}

/** Which lanes a message lists is not what it is about. */
function topic({subject, reason}: Notice): string {
  return `${reason} ${subject}`;
}
