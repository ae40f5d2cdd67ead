import {readdir, readFile} from "node:fs/promises";
import {join} from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {parse} from "yaml";
import type {Api} from "../cluster/api.ts";
import {ClusterError} from "../cluster/failure.ts";
import {isOurs, type KubernetesObject, managedBy} from "../model/kubernetes.ts";
import {packageRoot} from "../package-root.ts";
import type {OnChange} from "./changes.ts";
import {isSameDefinition} from "./check/definitions.ts";
import {leaseRef} from "./lease.ts";
import {requireRights, storeIntents} from "./needed-rights.ts";
import {type Settings, settingsObject, settingsRef, systemNamespace} from "./settings.ts";

const crdFolder = join(packageRoot, "deploy", "crds");

/** What every installation has, in the order in which it is made. None of it changes a route. */
export async function installationObjects(settings: Settings): Promise<KubernetesObject[]> {
  return [...(await crds()), namespace, ...readers, settingsObject(settings)];
}

async function crds(): Promise<KubernetesObject[]> {
  const files = (await readdir(crdFolder)).filter((name) => name.endsWith(".yaml")).toSorted();
  return Promise.all(
    files.map(async (name) => {
      const crd = parse(await readFile(join(crdFolder, name), "utf8")) as KubernetesObject;
      return {...crd, metadata: {...crd.metadata, labels: {...crd.metadata.labels, ...managedBy}}};
    }),
  );
}

const namespace: KubernetesObject = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {name: systemNamespace, labels: managedBy},
};

const readerName = "meshlane-reader";
const inSystem = {name: readerName, namespace: systemNamespace, labels: managedBy};

/** Who makes lanes has to know the settings, which hold no secret, and whether a controller runs. */
const readers: readonly (KubernetesObject & {[field: string]: unknown})[] = [
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: inSystem,
    rules: [
      {apiGroups: [""], resources: ["configmaps"], resourceNames: [settingsRef.metadata.name], verbs: ["get"]},
      {
        apiGroups: ["coordination.k8s.io"],
        resources: ["leases"],
        resourceNames: [leaseRef.metadata.name],
        verbs: ["get"],
      },
    ],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: inSystem,
    roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: readerName},
    subjects: [{apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:authenticated"}],
  },
];

export interface InstallOptions {
  readonly dryRun: boolean;
  /** Gets a line for each CRD of somebody else that is not this version's. */
  readonly warn: (line: string) => void;
  readonly onChange: OnChange;
}

/**
 * Writes what an installation has. CRDs and a namespace that somebody else made are used, and stay as they are.
 * @throws ClusterError before the first write where another object of ours is somebody else's, or a right is missing
 */
export async function install(
  api: Api,
  objects: readonly KubernetesObject[],
  {dryRun, warn, onChange}: InstallOptions,
): Promise<void> {
  const known = await Promise.all(objects.map(async (object) => ({object, live: await api.get(object)})));
  const own = known.filter(({object, live}) => live === undefined || isOurs(live) || leave(object, live, warn));
  const [wanted, there] = [own.map(({object}) => object), own.flatMap(({live}) => live ?? [])];
  await requireRights(api, storeIntents(wanted, there));
  for (const {object, live} of own) {
    // A namespace that is not there yet has no objects to be tried.
    if (dryRun && live === undefined) {
      onChange({change: "created", object});
      continue;
    }
    const now = await api.apply(object, {dryRun, force: true});
    const same = live?.metadata.resourceVersion === now.metadata.resourceVersion;
    onChange({
      change: live === undefined ? "created" : same ? "unchanged" : "configured",
      object: now,
      before: live,
    });
  }
  if (!dryRun) await established(api, objects);
}

/**
 * Nothing is written in its place.
 * @throws ClusterError where it may not be somebody else's
 */
function leave(object: KubernetesObject, live: KubernetesObject, warn: (line: string) => void): false {
  const {kind, metadata} = object;
  if (kind !== "CustomResourceDefinition" && kind !== "Namespace") throw theirs(object);
  if (kind === "Namespace" || isSameDefinition(object, live)) return false;
  warn(
    `warning: CRD ${metadata.name} is not of this version, and stays so, as it has not our label app.kubernetes.io/managed-by: ` +
      "meshlane. Who wrote it has to bring it to this version: deploy/crds",
  );
  return false;
}

function theirs({kind, metadata}: KubernetesObject): ClusterError {
  const message = `${kind} ${metadata.namespace}/${metadata.name} is there already, without our label app.kubernetes.io/managed-by: meshlane. Remove it`;
  return new ClusterError("Other", message);
}

interface Crd extends KubernetesObject {
  readonly status?: {readonly conditions?: readonly {readonly type: string; readonly status: string}[]};
}

async function established(api: Api, objects: readonly KubernetesObject[]): Promise<void> {
  const wanted = objects.filter(({kind}) => kind === "CustomResourceDefinition");
  for (const crd of wanted) {
    await eventually(`CRD ${crd.metadata.name} is not established`, async () => {
      const {status} = ((await api.get(crd)) ?? {}) as Crd;
      return status?.conditions?.some(({type, status: is}) => type === "Established" && is === "True") ?? false;
    });
  }
  await api.resources(true);
}

/** Asks until it is so. @throws ClusterError Timeout that says what is not */
export async function eventually(what: string, ask: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await ask())) {
    if (Date.now() > end) throw new ClusterError("Timeout", `${what} after ${timeoutMs / 1000} s`);
    await sleep(200);
  }
}
