import type {KubernetesObject} from "../model/kubernetes.ts";
import type {Facts} from "./facts.ts";
import type {Destination, Labels} from "./plan.ts";

/** What is known of a cluster besides its lanes. Objects that Meshlane wrote are not among these facts. */
export interface ClusterFacts extends Facts {
  /** `cluster.local`. */
  readonly domain: string;
  /** Whether what is not here is not in the cluster either; false for facts that were read from files. */
  readonly complete: boolean;
  /** Istio's root namespace: what stands there without a selector is for the whole mesh. */
  readonly rootNamespace: string;
  /** By `NAMESPACE/NAME`. */
  readonly kubernetesServices: ReadonlyMap<string, KubernetesService>;
  /** Whether some endpoint of the destination is ready; undefined where nothing is known of endpoints (offline). */
  readonly ready: (destination: Destination) => boolean | undefined;
  /** Istio's and the Gateway API's gateways by `NAMESPACE/NAME`. */
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly virtualServices: readonly KubernetesObject[];
  readonly destinationRules: readonly KubernetesObject[];
  readonly sidecars: readonly KubernetesObject[];
  readonly serviceEntries: readonly KubernetesObject[];
  /** Routes of the Gateway API. */
  readonly httpRoutes: readonly KubernetesObject[];
  readonly grpcRoutes: readonly KubernetesObject[];
  /** Services, `NAMESPACE/NAME`, of gateways that requests leave the mesh through. */
  readonly egressGateways: readonly string[];
  /** Other Services, `NAMESPACE/NAME`, that the mesh sends hosts outside to. */
  readonly standIns: readonly string[];
  /** By name; a namespace that is not here is not known. */
  readonly namespaces: ReadonlyMap<string, {readonly ambient: boolean}>;
}

export interface KubernetesService {
  readonly key: string;
  readonly ports: readonly ServicePort[];
  readonly selector: Labels;
  readonly headless: boolean;
  /** The host that it names, where it is of type ExternalName. */
  readonly alias?: string;
}

export interface ServicePort {
  readonly port: number;
  readonly name?: string;
  /** By Istio's rules (appProtocol, the name's prefix); a port that says nothing counts as HTTP, as Istio sniffs it. */
  readonly http: boolean;
}

/** All gateways that have this name, `NAMESPACE/NAME`. */
export function gatewaysNamed({gateways}: Pick<ClusterFacts, "gateways">, key: string): Gateway[] {
  const found = gateways.get(key);
  if (found === undefined) return [];
  return found.twin === undefined ? [found] : [found, found.twin];
}

/** A server of Istio's Gateway, or a listener of the Gateway API's. */
interface GatewayServer {
  readonly port: number;
  /** As they are written: Istio's may say `NAMESPACE/HOST`. */
  readonly hosts: readonly string[];
  /** Whether a listener takes routes of a namespace; one of which nothing is known counts as taken. Istio's: undefined. */
  readonly allows?: (namespace: string) => boolean;
}

/** The pods that serve a gateway, and what they listen for. */
export interface Gateway {
  readonly key: string;
  /** The Gateway API's, where one of Istio's has the same name. */
  readonly twin?: Gateway;
  readonly api: "istio" | "gateway-api";
  /** The first of `namespaces`. */
  readonly namespace: string;
  /** Where the pods are: the Gateway's own namespace comes first; it alone where no pods are known. */
  readonly namespaces: readonly string[];
  /** The workloads that serve it, as far as they are known. */
  readonly workloads: readonly {readonly namespace: string; readonly labels: Labels}[];
  /** Labels of the pods; empty: Istio gives the Gateway to every gateway proxy. */
  readonly selector: Labels;
  readonly servers: readonly GatewayServer[];
}
