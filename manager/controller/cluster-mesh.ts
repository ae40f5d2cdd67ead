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

/** The groups and lanes of a cluster, as far as they fit together. */
export interface SoundMesh {
  readonly mesh: Mesh;
  /** What is wrong with the others, and what was left out of a lane. */
  readonly problems: readonly Problem[];
}

/**
 * The groups and lanes of the cluster that are fit for use together: one with an error is left out, and then what needs it.
 * A fallback that is not there is left out of its lane only. Where two claim one thing, it is the older one's. What is wrong
 * with one only beside another that is left out is not said.
 */
export function soundMesh(objects: readonly KubernetesObject[]): SoundMesh {
  const problems: Problem[] = [];
  let sources = objects.toSorted(older).map(clusterSource);
  for (;;) {
    const loaded = loadMesh(sources);
    const found = loaded.problems.map((problem) => ({...problem, line: 0}));
    const errors = found.filter(({severity}) => severity === "error");
    const whole = errors.filter((error) => fallbackAt(error) === undefined);
    const bad = toLeaveOut(sources, new Set(whole.map(({file}) => file)));
    const said = bad.size === 0 ? found : found.filter(({file}) => bad.has(file));
    problems.push(...said.map((problem) => (fallbackAt(problem) === undefined ? problem : asWarning(problem))));
    if (errors.length === 0) return {mesh: loaded.mesh, problems: distinct(problems)};
    // Of which lanes a fallback may be is known when no other is to be left out.
    sources =
      bad.size === 0
        ? sources.map((source) => withoutFallbacks(source, errors))
        : sources.filter(({name}) => !bad.has(name));
  }
}

/**
 * Which of those with an error go first. What they claim may be all that is wrong with younger ones, and of a group that goes
 * all lanes have an error: so the oldest group alone, and where no group has one the oldest lane of each name.
 * @param sources the oldest first
 */
function toLeaveOut(sources: readonly SourceObject[], bad: ReadonlySet<string>): ReadonlySet<string> {
  const found = sources.filter(({name}) => bad.has(name));
  const group = found.find(({object}) => (object as KubernetesObject).kind === "SwimLaneGroup");
  if (group !== undefined) return new Set([group.name]);
  const names = new Map(found.toReversed().map(({name, object}) => [(object as KubernetesObject).metadata.name, name]));
  return new Set(names.values());
}

/** Which fallback a problem is about. */
function fallbackAt({path = ""}: Problem): number | undefined {
  const [, index] = /^spec\.fallback\[(\d+)\]$/.exec(path) ?? [];
  return index === undefined ? undefined : Number(index);
}

function asWarning(problem: Problem): Problem {
  return {...problem, severity: "warning"};
}

function withoutFallbacks(source: SourceObject, errors: readonly Problem[]): SourceObject {
  const indexes = new Set(errors.filter(({file}) => file === source.name).flatMap((error) => fallbackAt(error) ?? []));
  if (indexes.size === 0) return source;
  const {spec, ...rest} = source.object as {spec: {fallback: readonly string[]}};
  const fallback = spec.fallback.filter((_, index) => !indexes.has(index));
  return {...source, object: {...rest, spec: {...spec, fallback}}};
}

function older({metadata: a}: KubernetesObject, {metadata: b}: KubernetesObject): number {
  const [one, other] = [a, b].map((each) => `${each.creationTimestamp ?? "9"} ${each.namespace}/${each.name}`);
  return one! < other! ? -1 : 1;
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
