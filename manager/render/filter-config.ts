import type {Module} from "../compile/module.ts";
import type {GroupPlan} from "../compile/plan.ts";

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

export function inboundConfig(mesh: MeshSettings): FilterConfig {
  return {module: "inbound", configuration: {...common(mesh), plainText: mesh.plainText}};
}

/** @param lane of the very pods that this configuration is for, if they belong to exactly one */
export function outboundConfig(mesh: MeshSettings, lane?: string): FilterConfig {
  return {module: "outbound", configuration: {...common(mesh), ...(lane === undefined ? {} : {lane})}};
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
