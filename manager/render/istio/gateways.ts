import {type ClusterFacts, type Gateway, gatewaysNamed} from "../../compile/cluster-facts.ts";
import type {GroupPlan} from "../../compile/plan.ts";
import {edgeConfig, namespaceOutboundConfig} from "../filter-config.ts";
import {podsName} from "./pod-names.ts";
import {type EdgeObjects, guarded} from "./guards.ts";
import {nameOf, namespaceOf} from "./names.ts";
import type {IstioOptions, Notice} from "./options.ts";
import {madeFor} from "./own-object.ts";
import {pluginObject} from "./plugins.ts";
import {type Entrance, type Entrances, podSets, type PodSet, unguarded} from "./pod-sets.ts";
import {gatewayStrip} from "./strip.ts";

interface Around {
  /** Namespaces that have outbound on every pod. */
  readonly covered: readonly string[];
  /** Hosts that requests leave the mesh through. */
  readonly egress: readonly string[];
}

/** For each set of gateway pods where groups enter: the native strip, the edge, and outbound where the namespace has none. */
export function renderGateways(
  groups: readonly GroupPlan[],
  facts: ClusterFacts,
  options: IstioOptions,
  {covered, egress}: Around,
): Entrances {
  const entrances: Entrance[] = [];
  const notices: Notice[] = [];
  const left: Pick<Entrance, "what" | "group">[] = [];
  for (const group of groups) {
    for (const key of group.gateways) {
      const gateways = gatewaysNamed(facts, key);
      const unfit = gateways.flatMap((gateway) => unselective(group, gateway) ?? []);
      const obstacles = gateways.length === 0 ? [unknown(group, key, facts)] : unfit;
      if (obstacles.length === 0) entrances.push(...gateways.flatMap((each) => entrancesOf(each, group, facts)));
      else left.push({what: `gateway ${key}`, group});
      notices.push(...obstacles);
    }
  }
  const {sets, left: shared, notices: said} = podSets(entrances);
  const objectsOf = (pods: PodSet) =>
    gatewayObjects(pods, options, covered.includes(pods.namespace) ? undefined : egress);
  const edges = guarded(sets, objectsOf, options);
  return {
    objects: edges.objects,
    notices: [...notices, ...said, ...edges.notices],
    ...unguarded([...left, ...shared, ...edges.left]),
  };
}

/** A selector in the root namespace selects pods of every namespace, so what stands there is enough. */
function entrancesOf(gateway: Gateway, group: GroupPlan, {rootNamespace}: ClusterFacts): Entrance[] {
  const {namespaces, selector, workloads} = gateway;
  const places = namespaces.includes(rootNamespace) ? [rootNamespace] : namespaces;
  return places.map((namespace) => ({
    what: `gateway ${gateway.key}`,
    namespace,
    selector,
    workloads: workloads
      .filter((workload) => namespace === rootNamespace || workload.namespace === namespace)
      .map(({labels}) => labels),
    group,
  }));
}

/** @param egress of outbound, where it is needed */
function gatewayObjects(
  {what, namespace, selector, groups}: PodSet,
  options: IstioOptions,
  egress: readonly string[] | undefined,
): EdgeObjects {
  const pods = {part: "edge", namespace, selector, mode: "CLIENT"} as const;
  const edge = {
    ...pods,
    name: podsName("edge", selector),
    place: "edge",
    config: edgeConfig(options.mesh, groups),
  } as const;
  const config = namespaceOutboundConfig(options.mesh, {lanes: [], fallbacks: []}, egress ?? []);
  const leaving = {...pods, name: podsName("outbound", selector), place: "outbound", config} as const;
  const plugins = [edge, ...(egress === undefined ? [] : [{...leaving, part: "filter"} as const])];
  return {
    guards: [madeFor(what, gatewayStrip(namespace, selector))],
    others: plugins.map((plugin) => madeFor(what, pluginObject(plugin, options))),
  };
}

const STAY = "without a guard there, the group's lanes stay as they are";

function unknown({name}: GroupPlan, key: string, {complete}: ClusterFacts): Notice {
  const kinds = "gateways.networking.istio.io,gateways.gateway.networking.k8s.io";
  const [where, what] = [namespaceOf(key), nameOf(key)];
  return {
    severity: "error",
    subject: `group ${name}`,
    reason: "GatewayNotFound",
    message: complete
      ? `enters at gateway ${key}, which is not there; ${STAY}`
      : `enters at gateway ${key}, which is not among the files: nothing can be written for its pods, nor routes to the group's lanes, which it would let anybody into`,
    hint: complete
      ? `Make the Gateway, or change entry.gateways. What there is: kubectl get ${kinds} -A`
      : `kubectl get ${kinds} ${what} -n ${where} -o yaml > gateway.yaml, and add -f gateway.yaml.`,
    concerns: [`gateway ${key}`],
  };
}

function unselective({name}: GroupPlan, {key, selector, api}: Gateway): Notice | undefined {
  if (Object.keys(selector).length > 0) return undefined;
  return {
    severity: "error",
    subject: `group ${name}`,
    reason: "GatewayWithoutPods",
    message:
      api === "istio"
        ? `enters at gateway ${key}, which has no selector, so that every gateway's pods serve it; ${STAY}`
        : `enters at gateway ${key}, whose spec.addresses names a Service that is not known or selects no pods; ${STAY}`,
    hint:
      api === "istio"
        ? "Write spec.selector in the Gateway, like {istio: ingress}."
        : "Let spec.addresses name a Service of the Gateway's namespace that has a selector; offline, add it to the files.",
    concerns: [`gateway ${key}`],
  };
}
