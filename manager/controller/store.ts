import {isDeepStrictEqual} from "node:util";
import type {Api} from "../cluster/api.ts";
import {ClusterError} from "../cluster/failure.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {type Changed, keyOf, type OnChange} from "./changes.ts";
import type {ClusterState} from "./cluster-state.ts";

export interface StoreOptions {
  readonly dryRun?: boolean;
  /** Take over fields that another manager, such as `kubectl edit`, owns. */
  readonly force?: boolean;
  readonly onChange?: OnChange | undefined;
}

/**
 * Writes groups and lanes by server-side apply, so that who else has something to say about them keeps it.
 * @param before the objects of the cluster
 * @returns them as they are since
 */
export async function storeLanes(
  api: Api,
  objects: readonly KubernetesObject[],
  before: readonly KubernetesObject[],
  {onChange = () => {}, ...options}: StoreOptions,
): Promise<KubernetesObject[]> {
  const known = new Map(before.map((object) => [keyOf(object), object]));
  const stored: KubernetesObject[] = [];
  for (const object of objects) {
    const now = await api.apply(object, options).catch((error: unknown) => {
      throw owned(error, object);
    });
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

function owned(error: unknown, {kind, metadata}: KubernetesObject): unknown {
  const others = error instanceof ClusterError && /conflicts? with "([^"]*)"/.exec(error.message)?.[1];
  if (!others) return error;
  const fields = [...(error as Error).message.matchAll(/(?:^|[\s:-])(\.[\w.[\]"=-]+)/g)].map(([, field]) => field);
  return new ClusterError(
    "Other",
    `${kind} ${metadata.namespace}/${metadata.name}: ${others} owns ${[...new Set(fields)].join(", ") || "fields that the file changes"}. ` +
      "Change it there, or take it over with --force-conflicts",
  );
}

/** Deletes groups and lanes. */
export async function deleteLanes(
  api: Api,
  objects: readonly KubernetesObject[],
  {dryRun = false, onChange = () => {}}: Omit<StoreOptions, "force">,
): Promise<void> {
  for (const object of objects) {
    await deleteAsKnown(api, object, dryRun);
    onChange({change: "deleted", object, before: object});
  }
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
  const of = (kind: string, there: readonly KubernetesObject[]) => [
    ...there.filter((object) => !gone.has(keyOf(object))),
    ...written.filter((object) => object.kind === kind),
  ];
  return {...state, groups: of("SwimLaneGroup", state.groups), lanes: of("SwimLane", state.lanes)};
}
