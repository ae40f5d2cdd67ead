import type {Api, Kind} from "../cluster/api.ts";
import {isOurs, type KubernetesObject} from "../model/kubernetes.ts";

/** Kinds of objects that we write for lanes. */
export const derivedKinds: readonly Kind[] = [
  {apiVersion: "networking.istio.io/v1", kind: "VirtualService"},
  {apiVersion: "networking.istio.io/v1", kind: "DestinationRule"},
  {apiVersion: "networking.istio.io/v1alpha3", kind: "EnvoyFilter"},
  {apiVersion: "extensions.istio.io/v1alpha1", kind: "WasmPlugin"},
  {apiVersion: "extensions.istio.io/v1alpha1", kind: "TrafficExtension"},
  {apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute"},
];

/** Kinds that only tell how the cluster is. */
export const factKinds: readonly Kind[] = [
  {apiVersion: "v1", kind: "Namespace"},
  {apiVersion: "v1", kind: "Service"},
  {apiVersion: "v1", kind: "Pod"},
  {apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice"},
  {apiVersion: "apps/v1", kind: "Deployment"},
  {apiVersion: "apps/v1", kind: "StatefulSet"},
  {apiVersion: "apps/v1", kind: "DaemonSet"},
  {apiVersion: "networking.istio.io/v1", kind: "Gateway"},
  {apiVersion: "networking.istio.io/v1", kind: "Sidecar"},
  {apiVersion: "networking.istio.io/v1", kind: "ServiceEntry"},
  {apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway"},
];

export const groupKind: Kind = {apiVersion: "meshlane.dev/v1alpha1", kind: "SwimLaneGroup"};
export const laneKind: Kind = {apiVersion: "meshlane.dev/v1alpha1", kind: "SwimLane"};

/** What a cluster has besides groups and lanes. */
export interface KnownObjects {
  /** Ours too. */
  readonly objects: readonly KubernetesObject[];
  /** Those among them that we wrote. */
  readonly live: readonly KubernetesObject[];
}

/** All that a pass has to know. */
export interface ClusterState extends KnownObjects {
  readonly groups: readonly KubernetesObject[];
  readonly lanes: readonly KubernetesObject[];
}

/**
 * Reads the cluster. What we derive from lanes is read before the lanes: who changes a derived object has seen its lane, so
 * when two do this at once, the one that knows less fails at the resourceVersion that it read (see `pass`).
 * @param known what was read before, and is not read again
 */
export async function readState(api: Api, known?: KnownObjects): Promise<ClusterState> {
  const objects = known ?? (await readKnown(api));
  return {...objects, ...(await readLanes(api))};
}

export async function readKnown(api: Api): Promise<KnownObjects> {
  const derived = await listAll(api, derivedKinds);
  const facts = await listAll(api, factKinds);
  return {objects: [...derived, ...facts], live: derived.filter(isOurs)};
}

export async function readLanes(api: Api): Promise<{groups: KubernetesObject[]; lanes: KubernetesObject[]}> {
  const [groups, lanes] = await Promise.all([groupKind, laneKind].map((kind) => api.list(kind)));
  return {groups: groups!, lanes: lanes!};
}

async function listAll(api: Api, kinds: readonly Kind[]): Promise<KubernetesObject[]> {
  return (await Promise.all(kinds.map((kind) => api.list(kind)))).flat();
}
