import type {GroupPlan, Labels} from "../../compile/plan.ts";
import {selects} from "../../model/index.ts";
import {overlap} from "../../model/check/hosts.ts";
import {selectorKey} from "./pod-names.ts";
import type {Notice, Rendering} from "./options.ts";

/** Pods where requests of some groups enter, as a Gateway or an entry service selects them. */
export interface Entrance {
  /** `gateway istio-ingress/public`, `entry service shop/frontend`. */
  readonly what: string;
  readonly namespace: string;
  readonly selector: Labels;
  /** Labels of the pods in the namespace, as far as they are known. */
  readonly workloads: readonly Labels[];
  readonly group: GroupPlan;
}

/** What is rendered where groups enter, and the groups, by `NAMESPACE/NAME`, that somewhere have no guard. */
export interface Entrances extends Rendering {
  readonly unguarded: readonly string[];
}

/** Entrances without an edge keep what stands there. */
export function unguarded(left: readonly Pick<Entrance, "what" | "group">[]) {
  return {kept: left.map(({what}) => what), unguarded: left.map(({group}) => group.name)};
}

/** Pods that get one edge. Groups are sorted by name. */
export interface PodSet {
  /** Of the entrances that share the pods, sorted. */
  readonly what: readonly string[];
  readonly namespace: string;
  readonly selector: Labels;
  readonly groups: readonly GroupPlan[];
  /** Those that share the pods; their groups are more where two take the same host. */
  readonly entrances: readonly Entrance[];
}

export interface PodSets {
  readonly sets: readonly PodSet[];
  /** Entrances that no edge can be given. */
  readonly left: readonly Entrance[];
  readonly notices: readonly Notice[];
}

/**
 * One pod must not get two edges: entrances that share pods become one set. What cannot is left out and said.
 * @param entrances those of older groups first
 */
export function podSets(entrances: readonly Entrance[]): PodSets {
  const notices: Notice[] = [];
  const left: Entrance[] = [];
  const sets = together(entrances).flatMap((some): PodSet[] => {
    const [first] = some;
    const selector = commonSelector(some);
    if (first === undefined || selector === undefined) {
      notices.push(noCommonSelector(some));
      left.push(...some);
      return [];
    }
    const groups = apart(some, notices);
    return [{what: namesOf(some), namespace: first.namespace, selector, groups, entrances: some}];
  });
  return {sets, left, notices};
}

/** In each set the entrances are in the order in which they were given, also where a later one joins earlier sets. */
function together(entrances: readonly Entrance[]): Entrance[][] {
  const sets = entrances.reduce<Entrance[][]>((all, entrance) => {
    const met = all.filter((some) => some.some((other) => sharePods(entrance, other)));
    return [...all.filter((some) => !met.includes(some)), [...met.flat(), entrance]];
  }, []);
  const place = new Map(entrances.map((entrance, index) => [entrance, index]));
  return sets.map((some) => some.sort((a, b) => place.get(a)! - place.get(b)!));
}

function namesOf(some: readonly Entrance[]): string[] {
  return [...new Set(some.map(({what}) => what))].sort();
}

function sharePods(a: Entrance, b: Entrance): boolean {
  if (a.namespace !== b.namespace) return false;
  if (selects(a.selector, b.selector) || selects(b.selector, a.selector)) return true;
  return a.workloads.some((labels) => selects(b.selector, labels));
}

/** The one selector out of theirs that selects all the pods that any of them does. */
function commonSelector(some: readonly Entrance[]): Labels | undefined {
  const workloads = some.flatMap((entrance) => entrance.workloads);
  return some
    .map(({selector}) => selector)
    .toSorted((a, b) => (selectorKey(a) < selectorKey(b) ? -1 : 1))
    .find(
      (selector) =>
        workloads.every((labels) => selects(selector, labels)) &&
        (workloads.length > 0 || some.every((other) => selects(selector, other.selector))),
    );
}

/**
 * The groups that enter here, sorted by name; of two that would take the same host the one that stands later among the entrances
 * is left out, as the edge could not choose.
 */
function apart(some: readonly Entrance[], notices: Notice[]): GroupPlan[] {
  const groups = [...new Map(some.map(({group}) => [group.name, group])).values()];
  const taken: GroupPlan[] = [];
  for (const group of groups) {
    const rival = taken.find((other) => collide(group, other));
    if (rival === undefined) taken.push(group);
    else notices.push(sameHosts(group, rival, some));
  }
  return taken.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function collide({hosts: ours}: GroupPlan, {hosts: theirs}: GroupPlan): boolean {
  if (ours === undefined || theirs === undefined) return ours === theirs;
  return ours.some((one) => theirs.some((other) => overlap(one, other)));
}

function sameHosts(group: GroupPlan, rival: GroupPlan, some: readonly Entrance[]): Notice {
  const where = some.map(({what}) => what);
  return {
    severity: "error",
    subject: `group ${group.name}`,
    reason: "HostsOverlap",
    message: `shares hosts with group ${rival.name} on the pods of ${[...new Set(where)].join(" and ")}; its lanes cannot be entered there`,
    hint: "Write entry: {hosts: [...]} in both groups, each host in one of them.",
    concerns: [`hosts of group ${rival.name}`],
  };
}

function noCommonSelector(some: readonly Entrance[]): Notice {
  const names = namesOf(some);
  return {
    severity: "error",
    subject: names[0] ?? "",
    reason: "PodsPartlyShared",
    message: `shares some of its pods, but not all, with ${names.slice(1).join(" and ")}: no selector gives each pod one edge; the lanes of the groups that enter there stay as they are`,
    hint: "Give them the same selector, or pods of their own.",
    concerns: names,
  };
}
