import {isDeepStrictEqual} from "node:util";
import {isAdopted, isWritten, original} from "../../model/adopted.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import type {Json, JsonObject} from "../filter-config.ts";
import {type IstioObject, PART, type Part} from "./options.ts";
import {identity, purposes} from "./own-object.ts";
import {configOf, withConfig} from "./plugins.ts";

/** What to write, in this order. A `put` of an object creates or replaces it; it may be another's that is given back. */
export type Write = {readonly put: IstioObject | KubernetesObject} | {readonly delete: KubernetesObject};

export interface Stage {
  /** What the stage is about, for people. */
  readonly title: string;
  readonly writes: readonly Write[];
  /** Whether the proxies must have all that is written so far before the next stage begins. */
  readonly waitAfter: boolean;
}

interface Change {
  readonly part: Part;
  /** Absent: to be deleted, or given back. */
  readonly desired?: IstioObject;
  readonly live?: KubernetesObject;
  /** Nothing of the live object may go. */
  readonly kept: boolean;
}

/**
 * The order in which the cluster becomes what is desired, so that at no moment a route names what is not there, and no lane has
 * a route that a client could ask for by itself: destinations grow first, then filters and edges change, and when the proxies
 * have a guard that is new, routes do. When they have that, destinations shrink, edges lose groups and guards go. No stage is
 * empty, unless the proxies must be waited for although nothing was written.
 * @param live objects of the cluster; those that are neither ours nor handed over are not looked at
 * @param kept what could not be decided, see `Rendering`: nothing of it is removed or shrunk
 */
export function steps(
  desired: readonly IstioObject[],
  live: readonly KubernetesObject[],
  kept: readonly string[] = [],
): Stage[] {
  const changes = withGuards(changesOf(desired, live, new Set(kept)));
  const of = (part: Part) => changes.filter((change) => change.part === part);
  const going = of("edge").flatMap((change) => (remove(change).length === 0 ? [] : change.live!));
  const losing = of("edge").filter((change) => onlyLosesGroups(change, going));
  const routes = routeStages(of("routes"));
  const before = [
    {title: "destinations", writes: of("destinations").flatMap(grow), waitAfter: false},
    {title: "filters", writes: of("filter").map(leavingNoMoreAlone).flatMap(put), waitAfter: false},
    {
      title: "edges",
      writes: of("edge")
        .filter((change) => !losing.includes(change))
        .flatMap(put),
      waitAfter: false,
    },
  ].filter(({writes}) => writes.length > 0);
  const last = [
    ...of("destinations").flatMap(shrink),
    ...losing.flatMap(put),
    ...of("edge").toReversed().flatMap(remove),
    ...of("filter").flatMap(remove),
  ];
  const leaving = of("filter").flatMap((change) => (leavingNoMoreAlone(change) === change ? [] : put(change)));
  const mustWait = leaving.length > 0 || (routes.length > 0 && routesMustWait(changes));
  const ready = mustWait ? thenWait(before) : before;
  const handedOn =
    leaving.length === 0 ? [] : [{title: "filters of pods with an edge", writes: leaving, waitAfter: false}];
  const all = [...ready, ...handedOn, ...routes];
  if (last.length === 0) return all;
  return [...thenWait(all), {title: "what is no longer used", writes: last, waitAfter: false}];
}

/**
 * From one way to route a service to the other, the proxies have the new one before the old one goes: istiod reads kinds of
 * objects apart, and one that went first would send a lane's requests to the baseline.
 */
function routeStages(changes: readonly Change[]): Stage[] {
  const [writes, removals] = [changes.flatMap(put), changes.flatMap(remove)];
  const written = new Set(writes.flatMap((write) => ("put" in write ? purposes(write.put) : [])));
  const gone = changes.filter((change) => remove(change).length > 0).flatMap(({live}) => purposes(live!));
  if (gone.some((what) => written.has(what))) {
    return [
      {title: "routes", writes, waitAfter: true},
      {title: "routes of before", writes: removals, waitAfter: false},
    ];
  }
  const all = [...writes, ...removals];
  return all.length === 0 ? [] : [{title: "routes", writes: all, waitAfter: false}];
}

function thenWait(stages: readonly Stage[]): Stage[] {
  const [end = {title: "what was written before", writes: []}, ...earlier] = stages.toReversed();
  return [...earlier.toReversed(), {...end, waitAfter: true}];
}

/**
 * A cluster that istiod makes anew is not there before its endpoints are: a route that is faster finds nothing. And until a
 * guard is there, a client gets into a lane by naming it; a pass that was cut short may have written the guard of a new route.
 */
function routesMustWait(changes: readonly Change[]): boolean {
  const isNew = ({desired, live}: Change) => desired !== undefined && live === undefined;
  const guards = changes.filter(({part, desired}) => part === "edge" && desired !== undefined);
  const routes = changes.filter(({part}) => part === "routes");
  return changes.some(hasNewSubset) || guards.some(isNew) || (guards.length > 0 && routes.some(isNew));
}

/** Sorted; of one part, EnvoyFilters first: without the native strip an edge would believe its clients. */
function changesOf(
  desired: readonly IstioObject[],
  live: readonly KubernetesObject[],
  kept: ReadonlySet<string>,
): Change[] {
  const changes = new Map<string, Change>();
  for (const object of live) {
    const part = partOf(object);
    const stays = [identity(object), ...purposes(object)].some((what) => kept.has(what));
    if (part !== undefined) changes.set(keyOf(object), {part, live: object, kept: stays});
  }
  for (const object of desired) {
    const met = changes.get(keyOf(object));
    changes.set(keyOf(object), {kept: false, ...met, part: partOf(object) ?? "routes", desired: object});
  }
  return [...changes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, change]) => change);
}

/**
 * Where routes stay that nothing wants any more, so do the guards of their namespace's groups, and no edge loses one of these:
 * their lanes would be open to who names them. An edge of a new name that takes the place of one is written all the same.
 */
function withGuards(changes: readonly Change[]): readonly Change[] {
  const left = changes.filter(({part, desired, kept}) => part === "routes" && desired === undefined && kept);
  const open = new Set(left.flatMap(({live}) => purposes(live!)).map((what) => what.split(/[ /]/)[1]));
  const edges = changes.filter(({part}) => part === "edge");
  const wanted = new Set(edges.flatMap(({desired}) => (desired === undefined ? [] : purposes(desired))));
  const guards = new Set(
    edges.flatMap(({live}) =>
      live !== undefined && groupsOf(live).some((group) => open.has(group.split("/")[0])) ? [podsOf(live)] : [],
    ),
  );
  return changes.map((change) => {
    const {part, desired, live} = change;
    if (part !== "edge" || live === undefined || !guards.has(podsOf(live))) return change;
    const isWanted = desired !== undefined || purposes(live).some((what) => wanted.has(what));
    if (isWanted && !onlyLosesGroups(change, [])) return change;
    return {part, live, kept: true};
  });
}

/** Objects for the same pods have one name. */
function podsOf({metadata}: KubernetesObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function keyOf({apiVersion, kind, metadata}: KubernetesObject): string {
  return [kind === "EnvoyFilter" ? 0 : 1, apiVersion.split("/")[0], kind, metadata.namespace, metadata.name].join("/");
}

function partOf(object: KubernetesObject): Part | undefined {
  if (!isWritten(object)) return undefined;
  return isAdopted(object) ? "routes" : (object.metadata.labels?.[PART] as Part | undefined);
}

function put({desired, live}: Change): Write[] {
  return desired === undefined || isSame(desired, live) ? [] : [{put: desired}];
}

/** What its owner handed over is not removed: the owner gets it back. */
function remove({desired, live, kept}: Change): Write[] {
  if (desired !== undefined || live === undefined || kept) return [];
  return [isAdopted(live) ? {put: original(live)} : {delete: live}];
}

function grow(change: Change): Write[] {
  const {desired, live} = change;
  if (desired === undefined) return [];
  return put({...change, desired: live === undefined ? desired : union(desired, live)});
}

/**
 * A filter that is there and is to leave pods to an edge which may be new, as it is before the proxies have that edge: with both, who is
 * of the mesh keeps the lane, and others get the baseline; with neither, anybody's context would count. Otherwise the same change.
 */
function leavingNoMoreAlone(change: Change): Change {
  const {desired, live} = change;
  if (desired === undefined || live === undefined) return change;
  const [wanted, there] = [leftAlone(desired), leftAlone(live)];
  const both = wanted.filter((labels) => there.some((one) => isDeepStrictEqual(one, labels)));
  if (both.length === wanted.length) return change;
  const {except: _, ...config} = configOf(desired)!;
  return {...change, desired: withConfig(desired, both.length === 0 ? config : {...config, except: both})};
}

/** Label sets of pods that the filter does nothing on. */
function leftAlone(object: KubernetesObject): readonly Json[] {
  const except = at(configOf(object), ["except"]);
  return Array.isArray(except) ? except : [];
}

/** What is left to do when all that is desired is there. */
function shrink(change: Change): Write[] {
  const {desired, live} = change;
  if (desired === undefined || live === undefined || change.kept) return remove(change);
  const grown = union(desired, live);
  return isDeepStrictEqual(grown.spec, desired.spec) ? [] : [{put: desired}];
}

function isSame({spec, metadata}: IstioObject, live: KubernetesObject | undefined): boolean {
  if (live === undefined || !isDeepStrictEqual(spec, live.spec)) return false;
  const has = (field: "labels" | "annotations") =>
    Object.entries(metadata[field] ?? {}).every(([key, value]) => live.metadata[field]?.[key] === value);
  return has("labels") && has("annotations");
}

/** By what the destinations of an object are told apart, and where they stand. */
const LISTS: Record<string, {field: string; name: (item: JsonObject) => Json | undefined}> = {
  DestinationRule: {field: "subsets", name: ({name}) => name},
  EnvoyFilter: {field: "configPatches", name: (item) => at(item, ["patch", "value", "name"])},
};

/** The desired object with the destinations that only the live one has; in the live one's order, so that nothing is written for order. */
function union(desired: IstioObject, live: KubernetesObject): IstioObject {
  const list = LISTS[desired.kind];
  if (list === undefined) return desired;
  const items = (spec: unknown) => ((spec as JsonObject | undefined)?.[list.field] ?? []) as readonly JsonObject[];
  const [wanted, there] = [items(desired.spec), items(live.spec)];
  const byName = new Map(wanted.map((item) => [list.name(item), item]));
  const known = new Set(there.map(list.name));
  const all = [
    ...there.map((item) => byName.get(list.name(item)) ?? item),
    ...wanted.filter((item) => !known.has(list.name(item))),
  ];
  const grown = all.length === wanted.length ? wanted : all;
  return wanted.length === 0 && there.length === 0
    ? desired
    : {...desired, spec: {...desired.spec, [list.field]: grown}};
}

/**
 * Where a group is gone from an edge, another that takes the rest decides for its hosts, and may let anybody ask: the routes of
 * its lanes go first. One that is new there cannot wait for that.
 * @param going edges that are to be removed: one of a new name takes the place of those that are for some of the same
 */
function onlyLosesGroups({desired, live}: Change, going: readonly KubernetesObject[]): boolean {
  if (desired === undefined) return false;
  const what = purposes(desired);
  const replaced = going.filter((object) => purposes(object).some((one) => what.includes(one)));
  const before = new Set((live === undefined ? replaced : [live]).flatMap(groupsOf));
  const after = groupsOf(desired);
  return after.length > 0 && after.length < before.size && after.every((name) => before.has(name));
}

/** The groups that an edge's plugin decides for; a strip has none. */
function groupsOf(object: KubernetesObject): string[] {
  const groups = at(configOf(object), ["groups"]);
  // Somebody may have edited what is there.
  const names = Array.isArray(groups) ? groups.map((group: Json) => at(group, ["name"])) : [];
  return names.filter((name) => typeof name === "string");
}

function hasNewSubset({part, desired, live}: Change): boolean {
  if (part !== "destinations" || desired?.kind !== "DestinationRule") return false;
  const names = (spec: unknown) =>
    ((spec as {subsets?: {name: string}[]} | undefined)?.subsets ?? []).map(({name}) => name);
  const known = new Set(names(live?.spec));
  return names(desired.spec).some((name) => !known.has(name));
}

function at(value: Json | undefined, [field, ...rest]: readonly string[]): Json | undefined {
  if (field === undefined) return value;
  return at((value as JsonObject | undefined)?.[field], rest);
}
