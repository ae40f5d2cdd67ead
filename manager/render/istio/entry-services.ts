import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {GroupPlan, Labels} from "../../compile/plan.ts";
import {entryConfig} from "../filter-config.ts";
import {type EdgeObjects, guarded} from "./guards.ts";
import {namespaceOf} from "./names.ts";
import {podsName} from "./pod-names.ts";
import type {IstioOptions, Notice} from "./options.ts";
import {madeFor} from "./own-object.ts";
import {pluginObject} from "./plugins.ts";
import {type Entrance, type Entrances, podSets, type PodSet, unguarded} from "./pod-sets.ts";
import {ownAddress} from "./strip.ts";

/** The rendering, and the pods, by namespace, where the edge remembers and inbound must not. */
export interface EntryServices extends Entrances {
  readonly pods: readonly {readonly namespace: string; readonly selector: Labels}[];
  /** Namespaces in which some edge stays as it is, so that on which pods one stands is not known. */
  readonly undecidedIn: readonly string[];
}

/** For each set of pods of entry services: an edge on their inbound side. */
export function renderEntryServices(
  groups: readonly GroupPlan[],
  facts: ClusterFacts,
  options: IstioOptions,
): EntryServices {
  const entrances: Entrance[] = [];
  const unselected: Notice[] = [];
  const left: Pick<Entrance, "what" | "group">[] = [];
  for (const group of groups) {
    for (const key of group.entryServices) {
      const selector = facts.kubernetesServices.get(key)?.selector ?? {};
      if (Object.keys(selector).length > 0) entrances.push(entranceOf(key, selector, group, facts));
      else {
        unselected.push(withoutPods(group, key, facts));
        left.push({what: `entry service ${key}`, group});
      }
    }
  }
  const {sets, left: shared, notices} = podSets(entrances);
  const edges = guarded(sets, (pods) => entryObjects(pods, options), options);
  const without = [...left, ...shared, ...edges.left];
  return {
    objects: edges.objects,
    notices: [...unselected, ...notices, ...edges.notices],
    pods: sets.filter(({entrances}) => entrances.every((entrance) => !edges.left.includes(entrance))),
    undecidedIn: without.map(({group}) => namespaceOf(group.name)),
    ...unguarded(without),
  };
}

function entranceOf(key: string, selector: Labels, group: GroupPlan, facts: ClusterFacts): Entrance {
  const workloads = facts.services.get(key) ?? [];
  return {what: `entry service ${key}`, namespace: namespaceOf(key), selector, workloads, group};
}

function entryObjects({what, namespace, selector, groups}: PodSet, options: IstioOptions): EdgeObjects {
  const name = podsName("entry", selector);
  const config = entryConfig(options.mesh, groups);
  const guards = [
    pluginObject({part: "edge", namespace, name, selector, mode: "SERVER", place: "edge", config}, options),
    ownAddress(namespace, name, selector),
  ];
  return {guards: guards.map((object) => madeFor(what, object)), others: []};
}

function withoutPods({name}: GroupPlan, key: string, facts: ClusterFacts): Notice {
  const there = facts.kubernetesServices.has(key);
  return {
    severity: "error",
    subject: `group ${name}`,
    reason: "EntryServiceWithoutPods",
    message: there
      ? `enters at service ${key}, which has no selector that would name its pods`
      : `enters at service ${key}, which is not ${facts.complete ? "there" : "among the files"}`,
    hint: there ? "Take a Service with a selector as entry service." : "Add the Service, or change entry.services.",
    concerns: [`entry service ${key}`],
  };
}
