import {isDeepStrictEqual} from "node:util";
import type {Api} from "../cluster/api.ts";
import {ClusterError, type Reason} from "../cluster/failure.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {type Changed, keyOf, type OnChange} from "./changes.ts";
import type {ClusterState} from "./cluster-state.ts";

export interface StoreOptions {
  readonly dryRun?: boolean;
  /** Take over fields that another manager, such as `kubectl edit`, owns. */
  readonly force?: boolean;
  readonly onChange?: OnChange | undefined;
  /** Is told of each object that the cluster refuses, and the next is written all the same; left out: the first ends it. */
  readonly onRefused?: OnRefused | undefined;
}

type OnRefused = (why: ClusterError) => void;

const thrown: OnRefused = (why) => {
  throw why;
};

/**
 * Writes groups and lanes by server-side apply, so that who else has something to say about them keeps it.
 * @param before the objects of the cluster
 * @returns those that were written, as they are since
 * @throws ClusterError where the cluster cannot be asked any more
 */
export async function storeLanes(
  api: Api,
  objects: readonly KubernetesObject[],
  before: readonly KubernetesObject[],
  {onChange = () => {}, onRefused = thrown, ...options}: StoreOptions,
): Promise<KubernetesObject[]> {
  const known = new Map(before.map((object) => [keyOf(object), object]));
  const stored: KubernetesObject[] = [];
  for (const object of objects) {
    const now = await unlessRefused(api.apply(object, options), (why) => onRefused(owned(why, object)));
    if (now === undefined) continue;
    const old = known.get(keyOf(object));
    const same = old !== undefined && isDeepStrictEqual(content(old), content(now));
    onChange({change: old === undefined ? "created" : same ? "unchanged" : "configured", object: now, before: old});
    stored.push(now);
  }
  return stored;
}

/** What writing would change, as far as can be told without asking the server: its defaults look like changes. */
export function unasked(objects: readonly KubernetesObject[], before: readonly KubernetesObject[]): Changed[] {
  const known = new Map(before.map((object) => [keyOf(object), object]));
  return objects.map((object) => {
    const old = known.get(keyOf(object));
    const same = old !== undefined && isDeepStrictEqual(content(old), content(object));
    return {change: old === undefined ? "created" : same ? "unchanged" : "configured", object, before: old};
  });
}

/** What a user wrote of an object. */
function content({spec, metadata}: KubernetesObject): object {
  return {spec, labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {}};
}

/** With a failure of these, what comes after it would fail too. */
const endsAll: ReadonlySet<Reason> = new Set(["Unauthorized", "Unreachable", "Timeout", "NoSuchKind"]);

/** @returns undefined where the cluster refuses this one */
async function unlessRefused<Result>(asked: Promise<Result>, onRefused: OnRefused): Promise<Result | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof ClusterError) || endsAll.has(error.reason)) throw error;
    onRefused(error);
    return undefined;
  }
}

function owned(error: ClusterError, {kind, metadata}: KubernetesObject): ClusterError {
  const others = /conflicts? with "([^"]*)"/.exec(error.message)?.[1];
  if (!others) return error;
  const fields = [...error.message.matchAll(/(?:^|[\s:-])(\.[\w.[\]"=-]+)/g)].map(([, field]) => field);
  return new ClusterError(
    "Other",
    `${kind} ${metadata.namespace}/${metadata.name}: ${others} owns ${[...new Set(fields)].join(", ") || "fields that the file changes"}. ` +
      "Change it there, or take it over with --force-conflicts",
  );
}

/** Deletes groups and lanes. @returns those that are gone @throws as `storeLanes` */
export async function deleteLanes(
  api: Api,
  objects: readonly KubernetesObject[],
  {dryRun = false, onChange = () => {}, onRefused = thrown}: Omit<StoreOptions, "force">,
): Promise<KubernetesObject[]> {
  const deleted: KubernetesObject[] = [];
  for (const object of objects) {
    const done = deleteAsKnown(api, object, dryRun).then(() => true);
    if ((await unlessRefused(done, onRefused)) === undefined) continue;
    onChange({change: "deleted", object, before: object});
    deleted.push(object);
  }
  return deleted;
}

const deleteTries = 5;

/** That somebody wrote a status meanwhile, as every pass may, is no reason to keep what still asks for the same. */
async function deleteAsKnown(api: Api, object: KubernetesObject, dryRun: boolean): Promise<void> {
  let now = object;
  for (let attempt = 1; ; attempt++) {
    try {
      return await api.delete(now, {dryRun});
    } catch (error) {
      if (!(error instanceof ClusterError && error.reason === "Conflict") || attempt === deleteTries) throw error;
      const again = await api.get(object);
      if (again === undefined) return;
      if (again.metadata.uid !== object.metadata.uid || !isDeepStrictEqual(again.spec, object.spec)) throw error;
      now = again;
    }
  }
}

/** The cluster as it would be with these groups and lanes written, and those deleted. */
export function supposing(
  state: ClusterState,
  written: readonly KubernetesObject[],
  deleted: readonly KubernetesObject[] = [],
): ClusterState {
  const gone = new Set([...written, ...deleted].map(keyOf));
  const of = (kind: string, there: readonly KubernetesObject[]) => {
    const before = new Map(there.map((object) => [keyOf(object), object]));
    return [
      ...there.filter((object) => !gone.has(keyOf(object))),
      ...written.filter((object) => object.kind === kind).map((object) => asOldAs(before.get(keyOf(object)), object)),
    ];
  };
  return {...state, groups: of("SwimLaneGroup", state.groups), lanes: of("SwimLane", state.lanes)};
}

/** What replaces an object is as old as that. */
function asOldAs(before: KubernetesObject | undefined, object: KubernetesObject): KubernetesObject {
  const {creationTimestamp} = before?.metadata ?? {};
  if (creationTimestamp === undefined || object.metadata.creationTimestamp !== undefined) return object;
  return {...object, metadata: {...object.metadata, creationTimestamp}};
}
