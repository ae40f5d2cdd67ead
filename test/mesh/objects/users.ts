import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import type {Mesh, PodView} from "../client/index.ts";

/** The name of a Service in the whole mesh. */
export function hostOf(service: string, namespace: string): string {
  return `${service}.${namespace}.svc.cluster.local`;
}

/** A VirtualService of a user's own. */
export function virtualService(namespace: string, name: string, spec: object): KubernetesObject {
  return {apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata: {name, namespace}, spec};
}

/** An object as its owner sees it: all but what the server counts by itself. */
export function byOwner(object: KubernetesObject | undefined): object | undefined {
  if (object === undefined) return undefined;
  const {metadata, ...rest} = object as KubernetesObject & {metadata: Record<string, unknown>};
  const {resourceVersion: _version, generation: _generation, managedFields: _fields, ...own} = metadata;
  return {...rest, metadata: own};
}

/** A route as Envoy has it. */
export interface EnvoyRoute {
  readonly name?: string;
  readonly match?: object;
  readonly response_headers_to_remove?: readonly string[];
  readonly route?: {
    readonly cluster?: string;
    readonly inline_cluster_specifier_plugin?: object;
    readonly retry_policy?: object;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

interface Dump {
  readonly configs?: readonly {
    readonly route_config?: {
      readonly virtual_hosts?: readonly {readonly domains: readonly string[]; readonly routes?: EnvoyRoute[]}[];
    };
  }[];
}

/** The routes of a pod's Envoy for a host (`cart.shop.svc.cluster.local`, `cart:8080`). */
export async function envoyRoutes(mesh: Mesh, pod: PodView, host: string): Promise<readonly EnvoyRoute[]> {
  const {configs = []} = JSON.parse(await mesh.envoy(pod, "/config_dump?resource=dynamic_route_configs")) as Dump;
  const hosts = configs.flatMap(({route_config}) => route_config?.virtual_hosts ?? []);
  return hosts.find(({domains}) => domains.includes(host))?.routes ?? [];
}

/** How many requests a pod's Envoy has sent to a cluster of this name. */
export async function requestsTo(mesh: Mesh, pod: PodView, cluster: string): Promise<number> {
  const lines = (await mesh.envoy(pod, "/clusters")).split("\n").map((line) => line.split("::"));
  const counts = lines.filter(([name, , what]) => name === cluster && what === "rq_total");
  return counts.reduce((sum, [, , , count]) => sum + Number(count), 0);
}

interface ClusterDump {
  readonly configs?: readonly {
    readonly cluster: {
      readonly name: string;
      readonly circuit_breakers?: {readonly thresholds?: readonly {readonly max_requests?: number}[]};
    };
  }[];
}

/** The clusters of a pod's Envoy, with how many requests each takes at once. */
export async function clustersOf(mesh: Mesh, pod: PodView) {
  const {configs = []} = JSON.parse(
    await mesh.envoy(pod, "/config_dump?resource=dynamic_active_clusters"),
  ) as ClusterDump;
  return configs.map(({cluster: {name, circuit_breakers}}) => ({
    name,
    maxRequests: circuit_breakers?.thresholds?.[0]?.max_requests,
  }));
}
