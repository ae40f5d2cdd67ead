import type {Api} from "../cluster/api.ts";
import {isOurs, type KubernetesObject} from "../model/kubernetes.ts";
import {steps} from "../render/istio/steps.ts";
import type {Changed} from "./changes.ts";
import {readLanes} from "./cluster-state.ts";
import {eventually, installationObjects} from "./installation.ts";
import {pass, type PassOptions} from "./pass.ts";
import {type Settings, systemNamespace} from "./settings.ts";
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
  plainHttp: false,
};

/** Removes what we wrote and nothing else, in the safe order: the mesh is without lanes before anything is missing. */
export async function uninstall(api: Api, options: UninstallOptions): Promise<Changed[]> {
  const {dryRun = false, keepCrds} = options;
  const {changes} = await pass(api, ({live}) => ({aim: undefined, stages: steps([], live), owners: {}}), options);
  const installed = (await installationObjects(anySettings)).toReversed();
  const removed: Changed[] = [...changes];
  if (!keepCrds) {
    const {groups, lanes} = await readLanes(api);
    removed.push(...(await deleteLanes(api, [...lanes, ...groups], {dryRun})));
  }
  const deleted: KubernetesObject[] = [];
  for (const object of installed) {
    if (keepCrds && object.kind === "CustomResourceDefinition") continue;
    const live = await api.get(object);
    if (live === undefined || !isOurs(live)) continue;
    if (live.kind === "Namespace" && (await othersIn(api, installed, options.progress))) continue;
    await api.delete(live, {dryRun});
    deleted.push(live);
  }
  for (const object of dryRun ? [] : deleted) {
    const {kind, metadata} = object;
    await eventually(
      `${kind} ${metadata.name} is being deleted, but still there`,
      async () => (await api.get(object)) === undefined,
    );
  }
  removed.push(...deleted.map((object): Changed => ({change: "deleted", object, before: object})));
  return removed;
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
