import type {Module} from "../compile/module.ts";
import type {GroupPlan, Labels} from "../compile/plan.ts";

/** What filter and manager agree on mesh-wide (docs/filter-configuration.md, "Fields of every module"). */
export interface MeshSettings {
  readonly traceIds: readonly string[];
  /** Whether inbound sides take the context of peers without mTLS. */
  readonly plainText: boolean;
}

export type Json = string | number | boolean | null | readonly Json[] | {readonly [field: string]: Json};
export type JsonObject = {readonly [field: string]: Json};

export type {Module};

export interface FilterConfig {
  readonly module: Module;
  readonly configuration: JsonObject;
}

/** @param except label sets of pods that it does nothing on: an edge of their own remembers there */
export function inboundConfig(mesh: MeshSettings, except: readonly Labels[] = []): FilterConfig {
  return {
    module: "inbound",
    configuration: {...common(mesh), plainText: mesh.plainText, ...(except.length === 0 ? {} : {except})},
  };
}

/** @param lane of the very pods that this configuration is for, if they belong to exactly one */
export function outboundConfig(mesh: MeshSettings, lane?: string): FilterConfig {
  return {module: "outbound", configuration: {...common(mesh), ...(lane === undefined ? {} : {lane})}};
}

/** How a pod of a namespace finds its own lane: by these label sets, else by its label `meshlane.dev/lane`. */
export interface PodLanes {
  readonly lanes: readonly {readonly lane: string; readonly labels: Labels}[];
  /** Lanes that others fall back on: their pods have no lane of their own. */
  readonly fallbacks: readonly string[];
}

/**
 * One configuration for all pods of a namespace; on a gateway the filter finds out by itself that it is on one.
 * @param egress hosts whose Services requests leave the mesh through
 */
export function namespaceOutboundConfig(mesh: MeshSettings, pods: PodLanes, egress: readonly string[]): FilterConfig {
  const {lanes, fallbacks} = pods;
  const own = {...(lanes.length === 0 ? {} : {lanes}), ...(fallbacks.length === 0 ? {} : {fallbacks})};
  return {
    module: "outbound",
    configuration: {
      ...common(mesh),
      ...(Object.keys(own).length === 0 ? {} : {pods: own}),
      ...(egress.length === 0 ? {} : {mesh: {egress}}),
    },
  };
}

export function gatewayOutboundConfig(mesh: MeshSettings): FilterConfig {
  return {module: "outbound", configuration: {...common(mesh), gateway: true}};
}

/** The edge on a gateway, behind the native strip. */
export function edgeConfig(mesh: MeshSettings, groups: readonly GroupPlan[]): FilterConfig {
  return {module: edgeModule(groups), configuration: {...common(mesh), stripped: true, groups: groups.map(edgeGroup)}};
}

/** The edge on the inbound side of an entry service: peers of the mesh are remembered, others are decided. */
export function entryConfig(mesh: MeshSettings, groups: readonly GroupPlan[]): FilterConfig {
  return {
    module: edgeModule(groups),
    configuration: {
      ...common(mesh),
      stripped: false,
      remember: {plainText: mesh.plainText},
      groups: groups.map(edgeGroup),
    },
  };
}

function common(mesh: MeshSettings): {version: 1; traceIds: readonly string[]} {
  return {version: 1, traceIds: mesh.traceIds};
}

function edgeModule(groups: readonly GroupPlan[]): Module {
  return groups.some(({sticky}) => sticky.some((key) => "issue" in key)) ? "edge-response" : "edge";
}

function edgeGroup({name, hosts, ask, rules, sticky, buckets}: GroupPlan): JsonObject {
  const group = {name, ...(hosts === undefined ? {} : {hosts}), ask, rules, sticky, buckets};
  return group as unknown as JsonObject;
}
