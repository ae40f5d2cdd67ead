import type {SwimLaneGroup} from "./group.ts";
import type {LaneService, SwimLane, WrittenLane} from "./lane.ts";
import type {Broken, Mesh} from "./mesh.ts";
import type {Playground, WrittenPlayground} from "./playground.ts";
import {problemAt, type Finding, type Problem} from "./problem.ts";
import {rememberSource, sourceOf} from "./source.ts";
import {didYouMean} from "./suggest.ts";

/** `NAMESPACE/NAME`, as in a lane's `spec.group` and as the salt of the group's sticky hash. */
export function keyOf(object: {metadata: {name: string; namespace: string}}): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}

/** The services that lanes of the group may override; undefined where only the cluster could tell. */
export function servicesOf(mesh: Mesh, group: SwimLaneGroup): string[] | undefined {
  if (group.spec.services !== undefined) return group.spec.services;
  const {playground} = mesh;
  if (playground?.metadata.namespace !== group.metadata.namespace) return undefined;
  return playground.spec.services.map(({name}) => name);
}

/** Whether something with the labels `all` is selected by `some`. */
export function selects(some: Readonly<Record<string, string>>, all: Readonly<Record<string, string>>): boolean {
  return Object.entries(some).every(([key, value]) => all[key] === value);
}

/** Order of precedence of rules: higher priority first, then older, then by name. Without a time: after all that have one. */
export function precedence(a: SwimLane, b: SwimLane): number {
  return b.spec.priority - a.spec.priority || compare(age(a), age(b)) || compare(a.metadata.name, b.metadata.name);
}

/** Of two that claim one thing the older one has it: what has no time comes after all that have one, else as they stand. */
export function older(a: Aged, b: Aged): number {
  return compare(age(a), age(b));
}

interface Aged {
  readonly metadata: {readonly creationTimestamp?: string | null | undefined};
}

function age({metadata}: Aged): number {
  return metadata.creationTimestamp ? Date.parse(metadata.creationTimestamp) : Infinity;
}

function compare<Value extends string | number>(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Finds each lane's group and fills in what depends on other fields. Lanes whose group is unknown are left out. */
export function resolveLanes(written: WrittenLane[], groups: SwimLaneGroup[], broken: Broken) {
  const keys = [...groups.map(keyOf), ...broken.groups];
  const lanes: SwimLane[] = [];
  const problems: Problem[] = [];
  for (const lane of written) {
    const found = groupOf(lane, keys);
    if (typeof found === "string" && !broken.groups.has(found)) lanes.push(resolveLane(lane, found));
    else broken.lanes.add(lane.metadata.name);
    if (typeof found !== "string") problems.push(problemAt(lane, found.path, found));
  }
  return {lanes, problems};
}

function groupOf(lane: WrittenLane, keys: string[]): string | (Finding & {path: string[]}) {
  const {namespace} = lane.metadata;
  const asked = lane.spec.group;
  if (asked === undefined) return onlyGroup(namespace, keys);
  const key = asked.includes("/") ? asked : `${namespace}/${asked}`;
  if (keys.includes(key)) return key;
  const elsewhere = keys.find((other) => other.endsWith(`/${asked}`));
  const here = keys
    .filter((other) => other.startsWith(`${namespace}/`))
    .map((other) => other.slice(namespace.length + 1));
  const hint = elsewhere === undefined ? didYouMean(asked, [...here, ...keys]) : `Write group: ${elsewhere}.`;
  return {path: ["spec", "group"], message: `there is no group "${asked}" in namespace ${namespace}`, hint};
}

function onlyGroup(namespace: string, keys: string[]): string | (Finding & {path: string[]}) {
  const [only, ...others] = keys.filter((key) => key.startsWith(`${namespace}/`));
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    const message = `namespace ${namespace} has several groups, so the lane must name one`;
    const names = [only, ...others].map((key) => key.slice(namespace.length + 1));
    return {path: ["spec"], message, hint: `Write group: ${names.join(" or ")}.`};
  }
  const remedy =
    keys.length === 0
      ? "Add a SwimLaneGroup"
      : `Add a SwimLaneGroup, set metadata.namespace, or write group: ${keys[0]}`;
  return {path: ["metadata", "namespace"], message: `namespace ${namespace} has no group`, hint: `${remedy}.`};
}

function resolveLane(lane: WrittenLane, group: string): SwimLane {
  const {labels, group: _asked, ...spec} = lane.spec;
  const services = spec.services.map((service) => resolveService(service, labels));
  const resolved: SwimLane = {...lane, spec: {group, ...spec, services}};
  rememberSource(resolved, sourceOf(lane));
  return resolved;
}

function resolveService(
  {name, image, fork, to, labels}: WrittenLane["spec"]["services"][number],
  shared: Record<string, string> | undefined,
): LaneService {
  if (fork !== undefined) return {name, fork};
  if (image !== undefined) return {name, fork: {image, replicas: 1}};
  if (to !== undefined) return {name, to};
  return {name, labels: labels ?? shared ?? {}};
}

export function resolvePlayground(written: WrittenPlayground): Playground {
  const {services, entry = services[0]!.name} = written.spec;
  const resolved: Playground = {
    ...written,
    spec: {...written.spec, services: services.map(resolvePlaygroundService), entry},
  };
  rememberSource(resolved, sourceOf(written));
  return resolved;
}

function resolvePlaygroundService(service: WrittenPlayground["spec"]["services"][number]) {
  const {name, calls, forwards, labels, workloads = [{name}]} = service;
  return {
    name,
    calls: calls.map((call) =>
      typeof call === "string" ? {service: call} : {service: call.service, ...some({port: call.port})},
    ),
    forwards,
    workloads: workloads.map((workload) => ({
      name: workload.name,
      labels: {...labels, ...workload.labels},
      ...some({address: workload.address, protocol: workload.protocol}),
    })),
  };
}

/** The fields that are not undefined. */
function some<Fields extends object>(fields: Fields): {[Key in keyof Fields]?: NonNullable<Fields[Key]>} {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
