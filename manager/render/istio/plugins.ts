import {GATEWAY_NAME} from "../../compile/cluster-gateways.ts";
import type {Labels} from "../../compile/plan.ts";
import type {FilterConfig, JsonObject} from "../filter-config.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import {sortedLabels} from "./pod-names.ts";
import type {IstioObject, IstioOptions, Part} from "./options.ts";
import {ownObject} from "./own-object.ts";

/** In which order the filters run, highest first; all of them after authentication and authorization. */
const priorities = {edge: 30, inbound: 20, outbound: 10} as const;

export interface Plugin {
  readonly part: Part;
  readonly namespace: string;
  readonly name: string;
  /** Left out: every pod of the namespace. */
  readonly selector?: Labels;
  /** Gateways count as CLIENT. Rule: workloadModeForListenerClass in Istio's pilot/pkg/model. */
  readonly mode: "CLIENT" | "SERVER";
  readonly place: keyof typeof priorities;
  readonly config: FilterConfig;
}

/**
 * The object that brings a module to its pods.
 * @throws Error when the digest of the module's image is not known
 */
export function pluginObject(plugin: Plugin, options: IstioOptions): IstioObject {
  const {selector, mode, place, config} = plugin;
  const target = {...(selector === undefined ? {} : targetOf(selector))};
  const order = {priority: priorities[place], match: [{mode}]};
  const wasm = {...imageOf(config, options), failStrategy: "FAIL_OPEN", pluginConfig: config.configuration};
  if (options.extensionApi === "TrafficExtension") {
    return ownObject("TrafficExtension", plugin, {...target, phase: "UNSPECIFIED", ...order, wasm});
  }
  return ownObject("WasmPlugin", plugin, {...target, phase: "UNSPECIFIED_PHASE", ...order, ...wasm});
}

function imageOf({module}: FilterConfig, {registry, digests, imagePullSecret}: IstioOptions): JsonObject {
  const digest = digests[module];
  if (digest === undefined) throw new Error(`the digest of the filter's module ${module} is not known: npm run build`);
  return {
    url: `oci://${registry}/${module}@${digest}`,
    sha256: digest.replace("sha256:", ""),
    ...(imagePullSecret === undefined ? {} : {imagePullSecret}),
  };
}

/** What the module of a live or desired object is told; undefined where it is no plugin, or somebody has edited it. */
export function configOf({spec}: KubernetesObject): JsonObject | undefined {
  const {wasm, pluginConfig} = (spec ?? {}) as {wasm?: {pluginConfig?: JsonObject}; pluginConfig?: JsonObject};
  return pluginConfig ?? wasm?.pluginConfig;
}

export function withConfig(plugin: IstioObject, pluginConfig: JsonObject): IstioObject {
  const {spec} = plugin;
  if (!("wasm" in spec)) return {...plugin, spec: {...spec, pluginConfig}};
  return {...plugin, spec: {...spec, wasm: {...(spec["wasm"] as JsonObject), pluginConfig}}};
}

/** Pods that istiod made for a gateway of the Gateway API are named by it: istiod may be told to select them by labels no more. */
function targetOf(selector: Labels): JsonObject {
  const gateway = gatewayBehind(selector);
  return gateway === undefined ? {selector: {matchLabels: Object.fromEntries(sortedLabels(selector))}} : gateway;
}

/** The same for an EnvoyFilter, which calls its selector another name. */
export function workloadTargetOf(selector: Labels): JsonObject {
  return gatewayBehind(selector) ?? {workloadSelector: {labels: Object.fromEntries(sortedLabels(selector))}};
}

function gatewayBehind(selector: Labels): JsonObject | undefined {
  const name = selector[GATEWAY_NAME];
  if (name === undefined || Object.keys(selector).length > 1) return undefined;
  return {targetRefs: [{group: "gateway.networking.k8s.io", kind: "Gateway", name}]};
}
