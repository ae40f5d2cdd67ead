import type {Api} from "../cluster/api.ts";
import {isOurs, type KubernetesObject} from "../model/kubernetes.ts";
import {steps} from "../render/istio/steps.ts";
import {type ClusterState, readLanes, readState} from "./cluster-state.ts";
import {eventually, installationObjects} from "./installation.ts";
import {type Intent, passIntents, requireRights} from "./needed-rights.ts";
import {pass, type PassOptions, type Task} from "./pass.ts";
import {type Settings, settingsRef, systemNamespace} from "./settings.ts";
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
 * @throws ClusterError before the first change where a right is missing
 */
export async function uninstall(api: Api, options: UninstallOptions): Promise<void> {
  const {dryRun = false, keepCrds, onChange} = options;
  const withoutLanes = () => pass(api, nothing, options);
  const installed = (await installationObjects(anySettings)).toReversed();
  await requireAllRights(api, installed, keepCrds);
  await withoutLanes();
  if (!keepCrds) await deleteLanes(api, await ownLanes(api, installed, options), {dryRun, onChange});
  const [settings, others] = [installed.filter(isSettings), installed.filter((object) => !isSettings(object))];
  await remove(api, settings, installed, options);
  // Without settings nobody begins to apply; who had begun before may have written since.
  if (!dryRun) await withoutLanes();
  const rest = keepCrds ? others.filter(({kind}) => kind !== "CustomResourceDefinition") : others;
  await remove(api, rest, installed, options);
}

function nothing({live}: ClusterState): Task<undefined> {
  return {aim: undefined, stages: steps([], live)};
}

/** Half of an uninstallation leaves a mesh that nobody can mend from its lanes. */
async function requireAllRights(api: Api, installed: readonly KubernetesObject[], keepCrds: boolean): Promise<void> {
  const state = await readState(api);
  const there = await Promise.all(installed.map((object) => api.get(object)));
  const goes = ({kind}: KubernetesObject) => !keepCrds || kind !== "CustomResourceDefinition";
  const ours = there.flatMap((object) => (object !== undefined && isOurs(object) && goes(object) ? [object] : []));
  const lanes = keepCrds ? [] : [...state.lanes, ...state.groups];
  const deletes = [...lanes, ...ours].map((object): Intent => ({verb: "delete", object}));
  await requireRights(api, [...passIntents(api, nothing(state), state), ...deletes]);
}

function isSettings({kind}: KubernetesObject): boolean {
  return kind === settingsRef.kind;
}

/** Lanes and groups; those whose CRD is somebody else's stay with it. */
async function ownLanes(
  api: Api,
  installed: readonly KubernetesObject[],
  {progress}: UninstallOptions,
): Promise<KubernetesObject[]> {
  const {groups, lanes} = await readLanes(api);
  const theirs = new Set<string>();
  for (const crd of installed.filter(({kind}) => kind === "CustomResourceDefinition")) {
    const live = await api.get(crd);
    if (live === undefined || isOurs(live)) continue;
    const {kind} = (crd.spec as {names: {kind: string}}).names;
    progress(`CRD ${crd.metadata.name} is somebody else's: it stays, and each ${kind} with it`);
    theirs.add(kind);
  }
  return [...lanes, ...groups].filter(({kind}) => !theirs.has(kind));
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
    if (live.kind === "Namespace" && (await othersIn(api, installed, progress))) continue;
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

/** Whether our namespace holds something of somebody else's, which would go with it. */
async function othersIn(
  api: Api,
  ours: readonly KubernetesObject[],
  progress: (line: string) => void,
): Promise<boolean> {
  const own = new Set(ours.map(({kind, metadata}) => `${kind} ${metadata.name}`));
  const kinds = (await api.resources()).filter(({namespaced, verbs}) => namespaced && verbs.includes("list"));
  for (const kind of kinds) {
    if (passing.has(kind.kind)) continue;
    for (const object of await api.list(kind, {namespace: systemNamespace})) {
      const name = `${kind.kind} ${object.metadata.name}`;
      if (own.has(name) || everywhere.has(name) || isOurs(object)) continue;
      progress(`namespace ${systemNamespace} stays, as ${name} in it is somebody else's`);
      return true;
    }
  }
  return false;
}
