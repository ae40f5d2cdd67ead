import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import {hostOf} from "../../compile/hosts.ts";
import type {LaneRoute, Labels, Plan} from "../../compile/plan.ts";
import type {Mesh} from "../../model/index.ts";
import {inboundConfig, namespaceOutboundConfig, type PodLanes} from "../filter-config.ts";
import {callersOf} from "./callers.ts";
import {namespaceOf} from "./names.ts";
import {objectName} from "./pod-names.ts";
import type {IstioObject, IstioOptions} from "./options.ts";
import {pluginObject} from "./plugins.ts";
import {unreachedFilter} from "./unreached.ts";

/** Namespaces whose pods requests pass: those of groups, of what is on their way, and of lanes' workloads. Sorted. */
export function filterNamespaces(plan: Plan, mesh: Mesh): string[] {
  const destinations = plan.services.flatMap(({lanes}) => lanes.flatMap(({chain}) => chain));
  return [
    ...new Set([
      ...mesh.groups.flatMap((group) => callersOf(group, mesh)),
      ...destinations.map(({service}) => namespaceOf(service)),
    ]),
  ].sort();
}

/**
 * Hosts of the Services that requests leave the mesh through. A group's own service that answers in the place of a host outside
 * is none of them: its pods have the filter, and its lanes hold.
 */
export function egressHosts({services}: Plan, {egressGateways, standIns, domain}: ClusterFacts): string[] {
  const own = new Set(services.flatMap(({service, lanes}) => [service, ...lanes.flatMap(servicesOf)]));
  const leaving = [...egressGateways, ...standIns.filter((service) => !own.has(service))];
  return leaving.sort().map((service) => hostOf(service, domain));
}

function servicesOf({chain}: LaneRoute): string[] {
  return chain.map(({service}) => service);
}

interface NamespacePods {
  readonly pods: PodLanes;
  /** Labels of pods that another filter is on. */
  readonly except: readonly Labels[];
  /** Hosts that requests leave the mesh through. */
  readonly egress: readonly string[];
  /** Whether some group is routed natively, so that callers go on to the next of a chain. */
  readonly native: boolean;
}

/** The filter on every pod of a namespace: inbound remembers, outbound restores. */
export function namespacePlugins(
  namespace: string,
  {pods, except, egress, native}: NamespacePods,
  options: IstioOptions,
): IstioObject[] {
  const inbound = {mode: "SERVER", place: "inbound", config: inboundConfig(options.mesh, except)} as const;
  const outbound = {
    mode: "CLIENT",
    place: "outbound",
    config: namespaceOutboundConfig(options.mesh, pods, egress),
  } as const;
  const plugins = [inbound, outbound].map((plugin) =>
    pluginObject({part: "filter", namespace, name: objectName(plugin.place), ...plugin}, options),
  );
  return native ? [...plugins, unreachedFilter(namespace)] : plugins;
}

/**
 * Inbound of a namespace, by the names of either API. What it is to leave alone must be what has an edge: a pod with both would
 * forget what the edge decided, and one with neither what its caller told.
 */
export function inboundNames(namespace: string): string[] {
  return ["WasmPlugin", "TrafficExtension"].map((kind) => `${kind} ${namespace}/${objectName("inbound")}`);
}
