import {keyOf} from "../../../../manager/controller/changes.ts";
import type {ClusterState} from "../../../../manager/controller/cluster-state.ts";
import {desired} from "../../../../manager/controller/desired.ts";
import type {Inspection, ProxyFact} from "../../../../manager/controller/check/inspection.ts";
import type {Settings} from "../../../../manager/controller/settings.ts";
import {isWritten} from "../../../../manager/model/adopted.ts";
import {customResourceDefinitions} from "../../../../manager/model/generated.ts";
import type {KubernetesObject} from "../../../../manager/model/kubernetes.ts";

const digest = `sha256:${"a".repeat(64)}`;

export const settings: Settings = {
  mesh: {traceIds: ["traceparent"], plainText: false},
  registry: "registry.example.com/mesh",
  version: "0.2.0",
  digests: {inbound: digest, outbound: digest, edge: digest, "edge-response": digest},
  extensionApi: "WasmPlugin",
  nativeSupported: true,
  nativeDecided: false,
  plainHttp: false,
};

type Labels = Record<string, string>;

export function namespace(name: string, labels: Labels = {}): KubernetesObject {
  return {apiVersion: "v1", kind: "Namespace", metadata: {name, labels}};
}

export function service(name: string, selector: Labels = {app: name}, where = "shop"): KubernetesObject {
  const spec = {selector, ports: [{name: "http", port: 80}]};
  return {apiVersion: "v1", kind: "Service", metadata: {name, namespace: where}, spec};
}

export function pod(
  name: string,
  labels: Labels,
  where = "shop",
  containers = ["app", "istio-proxy"],
): KubernetesObject {
  const spec = {containers: containers.map((container) => ({name: container}))};
  return {apiVersion: "v1", kind: "Pod", metadata: {name, namespace: where, labels}, spec, status: {phase: "Running"}};
}

export function gateway(name: string, selector: Labels, hosts = ["*"]): KubernetesObject {
  const spec = {selector, servers: [{port: {number: 80, name: "http", protocol: "HTTP"}, hosts}]};
  return {apiVersion: "networking.istio.io/v1", kind: "Gateway", metadata: {name, namespace: "istio-ingress"}, spec};
}

export function virtualService(name: string, spec: object): KubernetesObject {
  return {apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata: {name, namespace: "shop"}, spec};
}

const ours = "meshlane.dev/v1alpha1";

export function group(spec: object = {}, name = "shop"): KubernetesObject {
  const whole = {services: ["cart"], entry: {gateways: ["istio-ingress/public"]}, ...spec};
  return {apiVersion: ours, kind: "SwimLaneGroup", metadata: {name, namespace: "shop"}, spec: whole};
}

export function lane(spec: object = {}): KubernetesObject {
  const whole = {services: [{name: "cart", to: "cart--ann"}], ...spec};
  return {apiVersion: ours, kind: "SwimLane", metadata: {name: "ann", namespace: "shop"}, spec: whole};
}

/** A cluster in which lane ann has a cart of its own, and nothing is wrong. */
export const shop: readonly KubernetesObject[] = [
  namespace("shop"),
  namespace("istio-ingress"),
  service("cart"),
  service("cart--ann"),
  pod("cart-1", {app: "cart"}),
  pod("cart--ann-1", {app: "cart--ann"}),
  gateway("public", {istio: "public"}),
  pod("public-1", {istio: "public"}, "istio-ingress", ["istio-proxy"]),
  group(),
  lane(),
];

/** What a pass reads where these objects are all that there is. */
export function stateOf(objects: readonly KubernetesObject[]): ClusterState {
  const of = (kind: string) => objects.filter((object) => object.kind === kind);
  const others = objects.filter(({apiVersion}) => apiVersion !== ours);
  return {objects: others, live: others.filter(isWritten), groups: of("SwimLaneGroup"), lanes: of("SwimLane")};
}

/** The objects, and what their lanes need where it is not among them. */
export function applied(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const there = new Set(objects.map(keyOf));
  const needed = desired(stateOf(objects), settings, []).rendering.objects;
  return [...objects, ...needed.filter((object) => !there.has(keyOf(object)))];
}

/** What `check` sees where these objects, and what their lanes need, are all that there is. */
export function inspection(objects: readonly KubernetesObject[], more: Partial<Inspection> = {}): Inspection {
  const state = stateOf(applied(objects));
  return {
    program: settings.version,
    versions: {kubernetes: "1.36.3", istio: ["1.31.0"]},
    definitions: customResourceDefinitions(),
    missingRights: [],
    settings,
    images: [{module: "inbound"}, {module: "outbound"}, {module: "edge"}, {module: "edge-response"}],
    state,
    desired: desired(state, settings, []),
    proxies: [proxy("shop/cart-1"), proxy("istio-ingress/public-1", {kind: "router"})],
    unasked: {tooMany: 0, alike: 0},
    connected: [],
    unread: [],
    ...more,
  };
}

/** One that runs the filters of its namespace. */
export function proxy(name: string, more: Partial<ProxyFact> = {}): ProxyFact {
  const namespace = name.split("/")[0]!;
  return {
    pod: name,
    namespace,
    labels: {},
    kind: "sidecar",
    envoy: "1.40.0",
    extensions: new Set([
      "envoy.router.cluster_specifier_plugin.matcher",
      "envoy.clusters.aggregate",
      "envoy.retry_priorities.previous_priorities",
    ]),
    plugins: ["meshlane-inbound", "meshlane-outbound"].map((plugin) => ({name: `${namespace}/${plugin}`, runs: true})),
    requests: new Map(),
    ...more,
  };
}
