import type {Api, Kind} from "../cluster/api.ts";
import {ClusterError} from "../cluster/failure.ts";
import {isOurs, type KubernetesObject} from "../model/kubernetes.ts";
import {steps} from "../render/istio/steps.ts";
import {type ClusterState, groupKind, laneKind, type Lanes, readLanes, readState} from "./cluster-state.ts";
import {eventually, installationObjects} from "./installation.ts";
import {type Intent, passIntents, requireRights} from "./needed-rights.ts";
import {pass, type PassOptions, type Task} from "./pass.ts";
import {type Settings, settingsRef, systemNamespace} from "./settings.ts";
import {requireUnnamed} from "./still-named.ts";
import {deleteLanes} from "./store.ts";

export interface UninstallOptions extends PassOptions {
  /** The CRDs stay, and with them the lanes and groups. */
  readonly keepCrds: boolean;
}

/** Only names and labels of what is installed count here. */
const anySettings: Settings = {
  mesh: {traceIds: [], plainText: false},
  registry: "any",
  version: "any",
  digests: {inbound: "", outbound: "", edge: "", "edge-response": ""},
  extensionApi: "WasmPlugin",
  nativeSupported: false,
  nativeDecided: false,
  plainHttp: false,
};

/**
 * Removes what we wrote and nothing else, in the safe order: the mesh is without lanes before anything is missing.
 * @throws ClusterError before the first change where a right is missing, or routes of somebody else's name what is to go
 */
export async function uninstall(api: Api, options: UninstallOptions): Promise<void> {
  const {dryRun = false, keepCrds, onChange} = options;
  const withoutLanes = () => pass(api, nothing, options);
  const known = (await installationObjects(anySettings)).toReversed();
  const installed = keepCrds ? known.filter(({kind}) => kind !== "CustomResourceDefinition") : known;
  const kept = keepCrds ? new Set([laneKind.kind, groupKind.kind]) : await kindsOfOthers(api, installed, options);
  const state = await readState(api);
  requireUnnamed(state, nothing(state).stages, {...options, verb: "uninstall"});
  await requireAllRights(api, state, installed, kept);
  await withoutLanes();
  await deleteLanes(api, lanesBut(kept, await readLanes(api)), {dryRun, onChange});
  const [settings, others] = [installed.filter(isSettings), installed.filter((object) => !isSettings(object))];
  await remove(api, settings, installed, options);
  // Without settings nobody begins to apply; who had begun before may have written since.
  if (!dryRun) await withoutLanes();
  await remove(api, others, installed, options);
}

function nothing({live}: ClusterState): Task<undefined> {
  return {aim: undefined, stages: steps([], live)};
}

/** Half of an uninstallation leaves a mesh that nobody can mend from its lanes. @param kept kinds of which nothing goes */
async function requireAllRights(
  api: Api,
  state: ClusterState,
  installed: readonly KubernetesObject[],
  kept: ReadonlySet<string>,
): Promise<void> {
  const there = await Promise.all(installed.map((object) => api.get(object)));
  const ours = there.flatMap((object) => (object !== undefined && isOurs(object) ? [object] : []));
  const deletes = [...lanesBut(kept, state), ...ours].map((object): Intent => ({verb: "delete", object}));
  await requireRights(api, [...passIntents(api, nothing(state), state), ...deletes]);
}

function isSettings({kind}: KubernetesObject): boolean {
  return kind === settingsRef.kind;
}

function lanesBut(kept: ReadonlySet<string>, {lanes, groups}: Lanes): KubernetesObject[] {
  return [...lanes, ...groups].filter(({kind}) => !kept.has(kind));
}

/** Of lanes and groups, those kinds whose CRD is somebody else's: they stay with it. */
async function kindsOfOthers(
  api: Api,
  installed: readonly KubernetesObject[],
  {progress}: UninstallOptions,
): Promise<Set<string>> {
  const theirs = new Set<string>();
  for (const crd of installed.filter(({kind}) => kind === "CustomResourceDefinition")) {
    const live = await api.get(crd);
    if (live === undefined || isOurs(live)) continue;
    const {kind} = (crd.spec as {names: {kind: string}}).names;
    progress(`CRD ${crd.metadata.name} is somebody else's: it stays, and each ${kind} with it`);
    theirs.add(kind);
  }
  return theirs;
}

/** Deletes those of the objects that are ours, and returns when they are gone. */
async function remove(
  api: Api,
  objects: readonly KubernetesObject[],
  installed: readonly KubernetesObject[],
  {dryRun = false, progress, onChange = () => {}}: UninstallOptions,
): Promise<void> {
  const deleted: KubernetesObject[] = [];
  for (const object of objects) {
    const live = await api.get(object);
    if (live === undefined || !isOurs(live)) continue;
    const why = live.kind === "Namespace" ? await whyItStays(api, installed) : undefined;
    if (why !== undefined) {
      progress(`namespace ${systemNamespace} stays, as ${why}`);
      continue;
    }
    await api.delete(live, {dryRun});
    onChange({change: "deleted", object: live, before: live});
    deleted.push(live);
  }
  for (const object of dryRun ? [] : deleted) {
    const {kind, metadata} = object;
    await eventually(
      `${kind} ${metadata.name} is being deleted, but still there`,
      async () => (await api.get(object)) === undefined,
    );
  }
}

/** What Kubernetes and Istio put into every namespace. */
const everywhere = new Set([
  "ConfigMap kube-root-ca.crt",
  "ConfigMap istio-ca-root-cert",
  "ConfigMap istio-ca-crl",
  "ServiceAccount default",
]);
const passing = new Set(["Event", "Lease", "EndpointSlice", "Endpoints"]);

/** Why our namespace stays: it holds something of somebody else's, or may, which would go with it. */
async function whyItStays(api: Api, ours: readonly KubernetesObject[]): Promise<string | undefined> {
  const known = new Set([...ours.map(nameOf), ...everywhere]);
  const kinds = (await api.resources()).filter(({namespaced, verbs}) => namespaced && verbs.includes("list"));
  for (const kind of kinds.filter((one) => !passing.has(one.kind))) {
    const there = await listOrWhyNot(api, kind);
    if (there instanceof ClusterError) {
      const remedy = `If nothing in it is, delete it yourself: kubectl delete namespace ${systemNamespace}`;
      return `it is not known whether something in it is somebody else's: ${there.message}. ${remedy}`;
    }
    const other = there.find((object) => !known.has(nameOf(object)) && !isOurs(object));
    if (other !== undefined) return `${nameOf(other)} in it is somebody else's`;
  }
  return undefined;
}

function nameOf({kind, metadata}: KubernetesObject): string {
  return `${kind} ${metadata.name}`;
}

/** What cannot be listed (by this user, or as its API is away) is no reason to leave the rest. */
async function listOrWhyNot(api: Api, kind: Kind): Promise<KubernetesObject[] | ClusterError> {
  try {
    return await api.list(kind, {namespace: systemNamespace});
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
}
