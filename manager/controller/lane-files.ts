import {loadMesh, type Mesh, type Problem, type SourceText} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {inNamespace, isNamed, parseObject} from "../model/parse.ts";
import {sortByPlace} from "../model/problem.ts";
import {type RawObject, readObjects} from "../model/read.ts";
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
  const objects = ownObjects(
    files.flatMap((file) => readObjects(file).objects),
    namespace,
  ).sort(groupsFirst);
  const written = new Set(objects.map(({kind, metadata}) => sourceName(kind, metadata)));
  const kept = cluster.filter(({kind, metadata}) => !written.has(sourceName(kind, metadata)));
  const replaced = cluster.filter(({kind, metadata}) => written.has(sourceName(kind, metadata)));
  const {mesh, problems} = loadMesh([...kept.map(clusterSource), ...files], namespace, false, replaced);
  const names = new Set(files.map(({name}) => name));
  const elsewhere = problems.some(({file}) => !names.has(file));
  const known = new Set(elsewhere ? loadMesh(cluster.map(clusterSource)).problems.map(identity) : []);
  const judged = problems.map((problem): Problem => {
    if (names.has(problem.file)) return problem;
    return {...problem, line: 0, severity: known.has(identity(problem)) ? "warning" : problem.severity};
  });
  return {objects, replaced, mesh, problems: judged};
}

/**
 * The groups and lanes that files name, whatever else is wrong with them. `problems` is about what cannot be read, and what
 * is no such object, or does not say which one.
 * @param namespace of objects that name none
 */
export function namedObjects(
  files: readonly SourceText[],
  namespace: string,
): Pick<CheckedFiles, "objects" | "problems"> {
  const read = files.map(readObjects);
  const objects = read.flatMap((file) => file.objects);
  const others = objects.flatMap((object) => {
    const {problems} = parseObject(object, namespace);
    return isOwn(object.value) ? problems.filter(isOfName) : problems;
  });
  const problems = [...read.flatMap((file) => file.problems), ...others];
  const names = files.map(({name}) => name);
  return {objects: ownObjects(objects, namespace), problems: sortByPlace(problems, names)};
}

/** Whether it leaves open which object is meant. */
function isOfName({path = "", severity}: Problem): boolean {
  return severity === "error" && /^(apiVersion|metadata(\.(name|namespace))?)$/.test(path);
}

/** Those that are groups or lanes. */
function ownObjects(objects: readonly RawObject[], namespace: string): KubernetesObject[] {
  return objects
    .map(({value}) => value)
    .filter(isOwn)
    .map((value) => withoutStatus(inNamespace(value, namespace) as KubernetesObject));
}

function isOwn(value: unknown): value is KubernetesObject {
  if (!isNamed(value) || !value.apiVersion.startsWith("meshlane.dev/")) return false;
  return value.kind === "SwimLane" || value.kind === "SwimLaneGroup";
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
