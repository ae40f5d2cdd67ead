import {ClusterError} from "../cluster/failure.ts";
import {resolveHost} from "../compile/hosts.ts";
import {original} from "../model/adopted.ts";
import {isOurs, type KubernetesObject} from "../model/kubernetes.ts";
import {type DestinationRuleSpec, subsetsIn, type VirtualServiceSpec} from "../render/istio/foreign.ts";
import type {Stage} from "../render/istio/steps.ts";
import type {ClusterState} from "./cluster-state.ts";

/** What a VirtualService of somebody else's names, although it is to go. */
export interface StillNamed {
  /** Who names what, and what comes of it. */
  readonly message: string;
  readonly remedy: string;
}

interface Requirement {
  /** What is to be done again, in one word. */
  readonly verb: string;
  /** It is only said. */
  readonly dryRun?: boolean | undefined;
  readonly progress: (line: string) => void;
}

/** @throws ClusterError where routes of somebody else's name what the stages would delete */
export function requireUnnamed(
  {objects}: ClusterState,
  stages: readonly Stage[],
  {verb, dryRun = false, progress}: Requirement,
): void {
  const writes = stages.flatMap((stage) => stage.writes);
  const goes = writes.flatMap((write) => ("delete" in write ? [write.delete] : []));
  const named = goes.length === 0 ? [] : stillNamed(objects, goes);
  if (named.length === 0) return;
  if (dryRun) {
    for (const {message, remedy} of named) progress(`warning: ${message}. Before you ${verb}, ${remedy}`);
    return;
  }
  const [messages, remedies] = [named.map(({message}) => message), new Set(named.map(({remedy}) => remedy))];
  const remedy = `${[...remedies].join("; ")}, and ${verb} again`;
  throw new ClusterError("Other", `${messages.join("; ")}. Nothing was removed: ${remedy}`);
}

/** As the facts of a cluster have it. */
const DOMAIN = "cluster.local";

/** @param objects all of the cluster @param goes those among them that are to be deleted */
export function stillNamed(objects: readonly KubernetesObject[], goes: readonly KubernetesObject[]): StillNamed[] {
  const users = objects.map(original).filter((object) => object.kind === "VirtualService" && !isOurs(object));
  const delegates = new Set(goes.filter(({kind}) => kind === "VirtualService").map(keyOf));
  const going = new Set(goes);
  const staying = new Set(objects.filter((object) => !going.has(object)).flatMap(subsetsOf));
  const subsets = new Set(goes.flatMap(subsetsOf).filter((subset) => !staying.has(subset)));
  return users.flatMap((user) => [
    ...delegatesNamed(user)
      .filter((key) => delegates.has(key))
      .map((key) => ofDelegate(user, key)),
    ...subsetsNamed(user)
      .filter((subset) => subsets.has(subset))
      .map((subset) => ofSubset(user, subset)),
  ]);
}

function ofDelegate(user: KubernetesObject, key: string): StillNamed {
  const then = "istiod would drop that route, and its clients get 404";
  return {
    message: `VirtualService ${keyOf(user)} delegates to ${key}, which is to go: ${then}`,
    remedy: "take delegate: out of the route, or let it point elsewhere",
  };
}

function ofSubset(user: KubernetesObject, subset: string): StillNamed {
  return {
    message: `VirtualService ${keyOf(user)} goes to ${subset}, which is to go: its requests would get 503`,
    remedy: "take the routes and subsets of lanes out of it",
  };
}

/** `NAMESPACE/NAME` of each. */
export function delegatesNamed(user: KubernetesObject): string[] {
  const {http = []} = (user.spec ?? {}) as VirtualServiceSpec;
  const keys = http.flatMap(({delegate}) => {
    const {namespace = "", name} = delegate ?? {};
    return name === undefined ? [] : [`${namespace === "" ? namespaceOf(user) : namespace}/${name}`];
  });
  return [...new Set(keys)];
}

function subsetsNamed(user: KubernetesObject): string[] {
  const named = subsetsIn((user.spec ?? {}) as VirtualServiceSpec);
  return [...new Set(named.map(({host, subset}) => subsetName(subset, host, namespaceOf(user))))];
}

function subsetsOf(rule: KubernetesObject): string[] {
  if (rule.kind !== "DestinationRule") return [];
  const {host = "", subsets = []} = (rule.spec ?? {}) as DestinationRuleSpec;
  return subsets.map(({name}) => subsetName(name, host, namespaceOf(rule)));
}

function subsetName(subset: string, host: string, namespace: string): string {
  return `subset ${subset} of ${resolveHost(host, namespace, DOMAIN)}`;
}

/** `NAMESPACE/NAME` */
export function keyOf(object: KubernetesObject): string {
  return `${namespaceOf(object)}/${object.metadata.name}`;
}

function namespaceOf({metadata}: KubernetesObject): string {
  return metadata.namespace ?? "default";
}
