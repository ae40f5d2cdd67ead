import {setTimeout as sleep} from "node:timers/promises";
import type {Api} from "../cluster/api.ts";
import {ClusterError} from "../cluster/failure.ts";
import type {Owners} from "../compile/index.ts";
import {isDeepStrictEqual} from "node:util";
import type {KubernetesObject} from "../model/kubernetes.ts";
import type {GroupStatus} from "../model/status.ts";
import {PART} from "../render/istio/options.ts";
import type {Stage} from "../render/istio/steps.ts";
import {clusterSource} from "./cluster-mesh.ts";
import {type ClusterState, type Lanes, readLanes, readLive, readState} from "./cluster-state.ts";
import {Changes, keyOf, type OnChange} from "./changes.ts";
import {ProxyWatch, type ProxyOptions} from "./proxies.ts";

/** What is to be done, given what is there. */
export interface Task<Aim> {
  readonly aim: Aim;
  readonly stages: readonly Stage[];
  /** Left out: who owns which bucket stays as it is. */
  readonly owners?: Owners;
}

export interface PassOptions extends ProxyOptions {
  /** The API server does all but keep it; nothing is waited for. */
  readonly dryRun?: boolean;
  /** Return only when the proxies have everything, not only where the order of changes needs it. */
  readonly wait?: boolean;
  /** What was read a moment ago, and what was written since: the first try reads nothing. */
  readonly state?: ClusterState | undefined;
  readonly onChange?: OnChange;
}

/** So many at least: each that fails means that somebody else got further, so there are more while the time lasts. */
const fewestTries = 8;

const longestPauseMs = 1600;

/**
 * One pass: read, decide what is to be there, write it in the safe order. Every write names the version that was read, so
 * where somebody else changed an object meanwhile, everything is read and decided anew; and so it is where somebody changed
 * groups, lanes or what is derived from them before the last write: a pass of theirs may have found all as it should be, and then
 * lost it to this one, or this one found all as it should be, and then it was not.
 * @param decide is asked in each try, and changes nothing
 * @returns what was decided last
 * @throws ClusterError before the first write where one would change what is somebody else's; Timeout where others never stop changing
 */
export async function pass<Aim>(
  api: Api,
  decide: (state: ClusterState) => Task<Aim> | Promise<Task<Aim>>,
  options: PassOptions,
): Promise<Aim> {
  const end = Date.now() + options.timeoutMs;
  for (let attempt = 1; ; attempt++) {
    const state = attempt === 1 ? options.state : undefined;
    const isLast = () => attempt >= fewestTries && Date.now() >= end;
    const timeoutMs = Math.max(0, end - Date.now());
    try {
      const {current, aim} = await once(api, decide, {...options, state, timeoutMs});
      if (current) return aim;
      if (isLast()) throw neverCurrent(attempt);
    } catch (error) {
      const race = error instanceof ClusterError && (error.reason === "Conflict" || error.reason === "AlreadyExists");
      if (!race || isLast()) throw error;
      await sleep(Math.random() * Math.min(longestPauseMs, 50 * 2 ** attempt));
    }
  }
}

function neverCurrent(tries: number): ClusterError {
  return new ClusterError(
    "Timeout",
    `others changed lanes while each of ${tries} tries wrote what they need, so the mesh may not have all of it. Apply again when they are done`,
  );
}

async function once<Aim>(
  api: Api,
  decide: (state: ClusterState) => Task<Aim> | Promise<Task<Aim>>,
  options: PassOptions,
): Promise<{aim: Aim; current: boolean}> {
  const state = options.state ?? (await readState(api));
  const {aim, stages, owners} = await decide(state);
  const changes = new Changes(api, state.objects, options);
  const writes = changes.needed(stages.flatMap((stage) => stage.writes)).length > 0;
  const inOrder = writes && stages.some(({waitAfter}) => waitAfter);
  const mustWait = options.dryRun !== true && (options.wait === true || inOrder);
  const proxies = mustWait ? await ProxyWatch.open(api, options) : undefined;
  // Who owns which bucket is kept before any edge learns of it.
  if (options.dryRun !== true) for (const group of withOwners(state.groups, owners)) await api.replaceStatus(group);
  await carryOut(stages, changes, proxies, options);
  const tookTime = changes.count > 0 || options.state !== undefined;
  if (options.dryRun !== true && tookTime && (await isOvertaken(api, state, changes))) return {aim, current: false};
  // What was written before this pass may not have arrived either.
  if (options.wait === true) await proxies?.taken(changes.takeWritten(), changes.standing());
  return {aim, current: true};
}

async function carryOut(
  stages: readonly Stage[],
  changes: Changes,
  proxies: ProxyWatch | undefined,
  {progress}: PassOptions,
): Promise<void> {
  for (const stage of stages) {
    if (stage.writes.some((write) => changes.isNeeded(write))) progress(stage.title);
    for (const write of stage.writes) await changes.write(write);
    if (stage.waitAfter && hasMore(stages, stage, changes))
      await proxies?.taken(changes.takeWritten(), changes.standing());
  }
}

/** Whether by now groups and lanes ask for something else, or somebody else changed what was derived from them. */
async function isOvertaken(api: Api, state: ClusterState, changes: Changes): Promise<boolean> {
  const [lanes, live] = await Promise.all([readLanes(api), readLive(api)]);
  const [before, now] = [wishes(state), wishes(lanes)];
  if (before.size !== now.size || [...now].some(([key, object]) => !asksTheSame(before.get(key), object))) return true;
  return !isDeepStrictEqual(versions(live), versions(changes.standing()));
}

/** By the generation, where there is one: a status that istiod writes changes nothing that was decided. */
function versions(live: readonly KubernetesObject[]): Set<string> {
  const derived = live.filter(({metadata}) => PART in (metadata.labels ?? {}));
  return new Set(
    derived.map((object) => {
      const {uid, generation, resourceVersion} = object.metadata;
      return `${keyOf(object)} ${uid} ${generation ?? resourceVersion}`;
    }),
  );
}

/** By what tells one from another of its name. */
function wishes({groups, lanes}: Lanes): Map<string, KubernetesObject> {
  return new Map([...groups, ...lanes].map((object) => [`${keyOf(object)} ${object.metadata.uid}`, object]));
}

function asksTheSame(before: KubernetesObject | undefined, now: KubernetesObject): boolean {
  if (before === undefined) return false;
  const {resourceVersion} = before.metadata;
  const isUntouched = resourceVersion !== undefined && resourceVersion === now.metadata.resourceVersion;
  return isUntouched || isDeepStrictEqual(clusterSource(before), clusterSource(now));
}

/** What comes after a wait is all that it is for. */
function hasMore(stages: readonly Stage[], stage: Stage, changes: Changes): boolean {
  const later = stages.slice(stages.indexOf(stage) + 1);
  return later.some(({writes}) => writes.some((write) => changes.isNeeded(write)));
}

/** Those groups whose status does not say yet who owns which bucket, as they are to be. */
export function withOwners(groups: readonly KubernetesObject[], owners: Owners | undefined): KubernetesObject[] {
  if (owners === undefined) return [];
  return groups.flatMap((group) => {
    const buckets = owners[`${group.metadata.namespace}/${group.metadata.name}`] ?? {};
    const status = (group.status ?? {}) as GroupStatus;
    return isDeepStrictEqual(status.buckets ?? {}, buckets) ? [] : [{...group, status: {...status, buckets}}];
  });
}
