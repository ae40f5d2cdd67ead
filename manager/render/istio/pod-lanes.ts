import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import {laneDestination} from "../../compile/destination.ts";
import type {Destination, Labels, Plan, PodLane} from "../../compile/plan.ts";
import {namedPods} from "../../compile/pods.ts";
import {type Mesh, selects} from "../../model/index.ts";
import type {PodLanes} from "../filter-config.ts";
import {namespaceOf} from "./names.ts";

/** The label by which outbound knows a pod's lane without being told (docs/filter-configuration.md). */
const LANE_LABEL = "meshlane.dev/lane";

/** Labels that pods have all of, sorted, and the lanes that have those pods. */
interface LabelSet {
  readonly labels: Labels;
  readonly lanes: Set<string>;
}

/**
 * What tells the pods of a namespace their lane. Those of a fork, and of a Service that selects them by that label, carry it
 * themselves, so that such a lane comes and goes without a word. Pods that several lanes have are of none by themselves: where
 * they carry the label, it tells nothing, and the lane's other pods are told as those without it are. Labels that all pods of a
 * baseline have tell no lane.
 */
export function podLanes(plan: Plan, mesh: Mesh, facts: ClusterFacts): (namespace: string) => PodLanes {
  const labelsOf = labelling(mesh, facts);
  const all = byNamespace([...namedPods(mesh), ...plan.pods]);
  const own = byNamespace(plan.pods);
  const names = new Set(mesh.lanes.map(({metadata}) => metadata.name));
  const fallbacks = mesh.lanes.flatMap(({spec}) => spec.fallback);
  return (namespace) => {
    const named = all.get(namespace) ?? [];
    const {shared, values} = sharedPods(setsOf(named, labelsOf), workloadsBehind(named, facts));
    const isBaselines = matchesAll(
      plan.services.filter(({service}) => namespaceOf(service) === namespace).map(({baseline}) => labelsOf(baseline)),
    );
    const mute = new Set([...fallbacks, ...[...values].filter((value) => names.has(value))]);
    const listed = [...setsOf(own.get(namespace) ?? [], labelsOf)].flatMap(([text, {labels, lanes}]) =>
      shared.has(text) || isBaselines(labels) ? [] : [...lanes].map((lane) => ({lane, labels})),
    );
    const untold = listed.filter(({lane, labels}) => labels[LANE_LABEL] !== lane || mute.has(lane));
    return {lanes: byText(untold), fallbacks: [...mute].sort()};
  };
}

function byNamespace(pods: readonly PodLane[]): Map<string, PodLane[]> {
  const found = new Map<string, PodLane[]>();
  for (const pod of pods) {
    const namespace = namespaceOf(pod.destination.service);
    const near = found.get(namespace);
    if (near === undefined) found.set(namespace, [pod]);
    else near.push(pod);
  }
  return found;
}

/** The labels that all pods of a destination have, as far as they are known. */
function labelling(mesh: Mesh, {kubernetesServices}: ClusterFacts): (destination: Destination) => Labels {
  const forks = new Map(
    mesh.lanes.flatMap((lane) =>
      lane.spec.services.flatMap((service) =>
        service.fork === undefined ? [] : [[laneDestination(lane, service).service, lane.metadata.name] as const],
      ),
    ),
  );
  return ({service, labels}) => {
    const fork = forks.get(service);
    const own = fork === undefined ? {} : {[LANE_LABEL]: fork};
    return sorted({...kubernetesServices.get(service)?.selector, ...own, ...labels});
  };
}

/** By their text; pods of which no label is known are in none. */
function setsOf(pods: readonly PodLane[], labelsOf: (destination: Destination) => Labels): Map<string, LabelSet> {
  const sets = new Map<string, LabelSet>();
  for (const {lane, destination} of pods) {
    const labels = labelsOf(destination);
    if (Object.keys(labels).length === 0) continue;
    const text = JSON.stringify(labels);
    const met = sets.get(text) ?? {labels, lanes: new Set()};
    met.lanes.add(lane);
    sets.set(text, met);
  }
  return sets;
}

/** The labels of the known workloads behind the Services of these pods, each workload once. */
function workloadsBehind(pods: readonly PodLane[], {services}: ClusterFacts): Labels[] {
  const names = new Set(pods.map(({destination}) => destination.service));
  return [...new Set([...names].flatMap((name) => services.get(name) ?? []))];
}

/**
 * The sets, by their text, whose pods several lanes have, and the values of the lane's label on such pods. The smallest pod that
 * a set allows has its labels and no other, which shows sets that contain another.
 */
function sharedPods(sets: ReadonlyMap<string, LabelSet>, workloads: readonly Labels[]) {
  const shared = new Set<string>();
  const values = new Set<string>();
  const setsOn = matcher(sets);
  for (const pod of [...[...sets.values()].map(({labels}) => labels), ...workloads]) {
    const matching = setsOn(pod);
    if (!areOfSeveral(matching)) continue;
    for (const [text] of matching) shared.add(text);
    const value = pod[LANE_LABEL];
    if (value !== undefined) values.add(value);
  }
  return {shared, values};
}

/** Whether all pods of one of the baselines have these labels. */
function matchesAll(baselines: readonly Labels[]): (labels: Labels) => boolean {
  const known = baselines.filter((labels) => Object.keys(labels).length > 0);
  return (labels) => known.some((baseline) => selects(labels, baseline));
}

function areOfSeveral(sets: readonly (readonly [string, LabelSet])[]): boolean {
  const [lane] = sets[0]?.[1].lanes ?? [];
  return sets.some(([, {lanes}]) => lanes.size > 1 || !lanes.has(lane!));
}

/** Finds the sets that a pod has. Each is looked up by its rarest label, so that few are compared. */
function matcher(sets: ReadonlyMap<string, LabelSet>): (pod: Labels) => (readonly [string, LabelSet])[] {
  const counts = new Map<string, number>();
  for (const label of [...sets.values()].flatMap(({labels}) => texts(labels))) {
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const byRarest = new Map<string, (readonly [string, LabelSet])[]>();
  for (const entry of sets) {
    const rarest = texts(entry[1].labels).reduce((a, b) => (counts.get(b)! < counts.get(a)! ? b : a));
    byRarest.set(rarest, [...(byRarest.get(rarest) ?? []), entry]);
  }
  return (pod) =>
    texts(pod)
      .flatMap((label) => byRarest.get(label) ?? [])
      .filter(([, {labels}]) => selects(labels, pod));
}

function texts(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}

function sorted(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byText<Item extends object>(items: readonly Item[]): Item[] {
  const texts = items.map((item) => [JSON.stringify(item), item] as const);
  return texts.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
