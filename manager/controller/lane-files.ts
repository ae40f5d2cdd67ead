import {loadMesh, type Mesh, type Problem, type SourceText} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {inNamespace} from "../model/parse.ts";
import {readObjects} from "../model/read.ts";
import {clusterSource, sourceName} from "./cluster-mesh.ts";

/** Files of lanes, held against the lanes of the cluster. */
export interface CheckedFiles {
  /** Groups first, then lanes, as they are written. */
  readonly objects: readonly KubernetesObject[];
  /** Those of the cluster that the files replace. */
  readonly replaced: readonly KubernetesObject[];
  /** The cluster's and the files' objects together. */
  readonly mesh: Mesh;
  /** What is wrong in the cluster already, whatever the files say, is a warning. */
  readonly problems: readonly Problem[];
}

/**
 * Reads files as what they would make of the cluster's groups and lanes: names that are taken, services that are claimed,
 * lanes whose group would change.
 * @param namespace of objects that name none
 */
export function checkFiles(files: SourceText[], cluster: readonly KubernetesObject[], namespace: string): CheckedFiles {
  const objects = files.flatMap((file) => ownObjects(file, namespace)).sort(groupsFirst);
  const written = new Set(objects.map(({kind, metadata}) => sourceName(kind, metadata)));
  const kept = cluster.filter(({kind, metadata}) => !written.has(sourceName(kind, metadata)));
  const replaced = cluster.filter(({kind, metadata}) => written.has(sourceName(kind, metadata)));
  const {mesh, problems} = loadMesh([...kept.map(clusterSource), ...files], namespace);
  const names = new Set(files.map(({name}) => name));
  const elsewhere = problems.some(({file}) => !names.has(file));
  const known = new Set(elsewhere ? loadMesh(cluster.map(clusterSource)).problems.map(identity) : []);
  const judged = problems.map((problem): Problem => {
    if (names.has(problem.file)) return problem;
    return {...problem, line: 0, severity: known.has(identity(problem)) ? "warning" : problem.severity};
  });
  return {objects, replaced, mesh, problems: judged};
}

/** The objects of a text that are groups or lanes. */
export function ownObjects(file: SourceText, namespace: string): KubernetesObject[] {
  return readObjects(file)
    .objects.map(({value}) => value as KubernetesObject)
    .filter((value) => typeof value?.apiVersion === "string" && value.apiVersion.startsWith("meshlane.dev/"))
    .filter(({kind, metadata}) => (kind === "SwimLane" || kind === "SwimLaneGroup") && metadata?.name !== undefined)
    .map((value) => withoutStatus(inNamespace(value, namespace) as KubernetesObject));
}

function withoutStatus({status: _status, ...object}: KubernetesObject): KubernetesObject {
  const {managedFields: _managed, ...metadata} = object.metadata as KubernetesObject["metadata"] & {
    managedFields?: unknown;
  };
  return {...object, metadata};
}

function groupsFirst(a: KubernetesObject, b: KubernetesObject): number {
  return Number(b.kind === "SwimLaneGroup") - Number(a.kind === "SwimLaneGroup");
}

function identity({file, message}: Problem): string {
  return `${file}: ${message}`;
}
