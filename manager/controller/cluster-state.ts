import type {Api, Kind} from "../cluster/api.ts";
import {ClusterError} from "../cluster/failure.ts";
import {isWritten} from "../model/adopted.ts";
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
  {apiVersion: "gateway.networking.k8s.io/v1", kind: "GRPCRoute"},
];

export const groupKind: Kind = {apiVersion: "meshlane.dev/v1alpha1", kind: "SwimLaneGroup"};
export const laneKind: Kind = {apiVersion: "meshlane.dev/v1alpha1", kind: "SwimLane"};

/** What users ask for. */
export interface Lanes {
  readonly groups: readonly KubernetesObject[];
  readonly lanes: readonly KubernetesObject[];
}

/** All that a pass has to know. */
export interface ClusterState extends Lanes {
  /** What the cluster has besides groups and lanes; ours too. */
  readonly objects: readonly KubernetesObject[];
  /** Those among them that we wrote, or wrote something into. */
  readonly live: readonly KubernetesObject[];
}

/**
 * Reads the cluster. What we derive from lanes is read before the lanes and the facts: who changes a derived object has seen
 * its lane, so when two do this at once, the one that knows less fails at the resourceVersion that it read (see `pass`).
 * @throws ClusterError Forbidden, which names one kind of those that may not be read and who tells the others
 */
export async function readState(api: Api): Promise<ClusterState> {
  try {
    return await readAll(api);
  } catch (error) {
    if (!(error instanceof ClusterError && error.reason === "Forbidden")) throw error;
    throw new ClusterError("Forbidden", `${error.message}; meshlane check -o json names all rights that are missing`);
  }
}

async function readAll(api: Api): Promise<ClusterState> {
  const derived = await listAll(api, derivedKinds);
  const [facts, lanes] = await Promise.all([listAll(api, factKinds), readLanes(api)]);
  return {objects: [...derived, ...facts], live: derived.filter(isWritten), ...lanes};
}

export async function readLanes(api: Api): Promise<Lanes> {
  const [groups, lanes] = await Promise.all([groupKind, laneKind].map((kind) => api.list(kind)));
  return {groups: groups!, lanes: lanes!};
}

/** What we wrote for lanes, as it is now: metadata only. */
export async function readLive(api: Api): Promise<KubernetesObject[]> {
  return (await listAll(api, derivedKinds, {metadataOnly: true})).filter(isOurs);
}

async function listAll(api: Api, kinds: readonly Kind[], where: {metadataOnly?: boolean} = {}) {
  return (await Promise.all(kinds.map((kind) => api.list(kind, where)))).flat();
}
