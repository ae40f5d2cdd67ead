import {loadMesh, type Mesh, type Problem, type SourceObject} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";

const sources = new WeakMap<KubernetesObject, SourceObject>();

/** What an object of the cluster asks for; its name is what messages call it. The same for the same object. */
export function clusterSource(object: KubernetesObject): SourceObject {
  const source = sources.get(object) ?? asked(object);
  sources.set(object, source);
  return source;
}

function asked({apiVersion, kind, metadata, spec}: KubernetesObject): SourceObject {
  const {name, namespace, labels, annotations, creationTimestamp} = metadata;
  const kept = {name, namespace, labels, annotations, creationTimestamp};
  // Fields without a value are not there.
  const object = JSON.parse(JSON.stringify({apiVersion, kind, metadata: kept, spec})) as object;
  return {name: sourceName(kind, metadata), object};
}

export function sourceName(kind: string, {namespace, name}: {name: string; namespace?: string}): string {
  return `${kind} ${namespace ?? "default"}/${name} in the cluster`;
}

/**
 * The groups and lanes of the cluster that are fit for use together: one with an error is left out, and then what needs it.
 * Where two claim one thing, it is the older one's.
 */
export function soundMesh(objects: readonly KubernetesObject[]): {mesh: Mesh; problems: Problem[]} {
  const problems: Problem[] = [];
  let sources = objects.toSorted(byAge).map(clusterSource);
  for (;;) {
    const loaded = loadMesh(sources);
    problems.push(...loaded.problems.map((problem) => ({...problem, line: 0})));
    const bad = new Set(loaded.problems.filter(({severity}) => severity === "error").map(({file}) => file));
    if (bad.size === 0) return {mesh: loaded.mesh, problems: distinct(problems)};
    sources = sources.filter(({name}) => !bad.has(name));
  }
}

function byAge({metadata: a}: KubernetesObject, {metadata: b}: KubernetesObject): number {
  const [one, other] = [a, b].map((each) => `${each.creationTimestamp ?? "9"} ${each.namespace}/${each.name}`);
  return one! < other! ? -1 : 1;
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
