import type {MeshModule} from "../../compile/module.ts";
import type {Labels} from "../../compile/plan.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import type {ClusterState} from "../cluster-state.ts";
import type {Desired} from "../desired.ts";
import type {Settings} from "../settings.ts";
import type {Proxy} from "../../cluster/istiod.ts";

/** All that was seen of a cluster; the checks judge it and ask nothing. What is undefined could not be read: see `unread`. */
export interface Inspection {
  /** The version of this program. */
  readonly program: string;
  /** What the API server and each istiod call their versions. */
  readonly versions: {readonly kubernetes?: string; readonly istio: readonly string[]};
  /** The CRDs of meshlane.dev. */
  readonly definitions: readonly KubernetesObject[] | undefined;
  /** Rights that `apply` needs and this user has not, like `create virtualservices.networking.istio.io`. */
  readonly missingRights: readonly string[] | undefined;
  /** Null: Meshlane is not installed. */
  readonly settings: Settings | null | undefined;
  readonly images: readonly ImageFact[];
  readonly state?: ClusterState;
  readonly desired?: Desired;
  readonly proxies: readonly ProxyFact[];
  /** How many more proxies run that were not asked: there were too many, or they are of the workload of one that was. */
  readonly unasked: {readonly tooMany: number; readonly alike: number};
  /** Proxies as istiod knows them, or why it cannot be asked. */
  readonly connected: readonly Proxy[] | {readonly reason: string};
  /** Sentences about what could not be read. */
  readonly unread: readonly string[];
}

export interface ImageFact {
  readonly module: MeshModule;
  /** Why it cannot be pulled; undefined: it can. */
  readonly problem?: string;
  /** The registry answered that it has not got it. */
  readonly missing?: true;
}

/** A pod with a proxy, and what the proxy says of itself. */
export interface ProxyFact {
  /** `NAMESPACE/NAME`. */
  readonly pod: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly kind: "sidecar" | "router";
  /** Why the proxy could not be asked; then nothing of the following is known. */
  readonly problem?: string;
  /** `1.40.0` */
  readonly envoy?: string;
  /** Names of the extensions that it was built with. */
  readonly extensions: ReadonlySet<string>;
  readonly plugins: readonly PluginFact[];
  /** Requests so far by the host of the cluster that they went to. */
  readonly requests: ReadonlyMap<string, number>;
}

/** One of our plugins in a proxy. */
export interface PluginFact {
  /** `NAMESPACE/NAME` of its WasmPlugin or TrafficExtension. */
  readonly name: string;
  /** False: Istio's agent could not fetch the module and lets every request pass. */
  readonly runs: boolean;
}
