import type {KubernetesObject} from "../../model/kubernetes.ts";
import type {JsonObject, MeshSettings, Module} from "../filter-config.ts";

/** What decides, besides plan and facts, how the objects look. */
export interface IstioOptions {
  readonly mesh: MeshSettings;
  /** `registry.example.com/mesh`; a module's image is `REGISTRY/MODULE:VERSION@DIGEST`. */
  readonly registry: string;
  /** The version of the modules that the digests name; a cluster's is the installed one. */
  readonly version: string;
  /** Digest of each module's image manifest, `sha256:` and 64 hexadecimal digits. */
  readonly digests: Readonly<Partial<Record<Module, string>>>;
  /** A Secret in the namespace of each plugin with which Istio's agent may pull the modules. */
  readonly imagePullSecret?: string | undefined;
  /** Which of Istio's APIs names the filter; both give the same proxy configuration. */
  readonly extensionApi: "WasmPlugin" | "TrafficExtension";
  /** Whether `routing: auto` may be native: the mesh's proxies support it. */
  readonly nativeSupported: boolean;
  /** Hosts, `NAMESPACE/NAME` of their Services, whose VirtualService its owner hands over with `--adopt`. */
  readonly adopt: readonly string[];
  /** VirtualServices in the cluster that their owners handed over earlier, and may have edited since. */
  readonly handed?: readonly KubernetesObject[];
  /** Objects in the cluster that are ours alone; undefined where nobody knows. One may have a host that somebody wants for himself by now. */
  readonly standing?: readonly KubernetesObject[];
  /** What in the cluster keeps an object from being written, if anything does. */
  readonly obstacle?: (object: IstioObject) => Notice | undefined;
}

/** What a person should know of a rendering. An error means that this part was left out; the rest is whole. */
export interface Notice {
  readonly severity: "error" | "warning";
  /** What it is about, like `VirtualService pay/payment` or `lane ann`. */
  readonly subject: string;
  /** A code for machines, in CamelCase, like `HostHasVirtualService`. */
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
  /**
   * Whom it concerns besides those whose it is, by names as `Rendering.kept` has them: what stays as it is for its sake. And
   * `hosts of group shop/shop`, where that group has what another wants.
   */
  readonly concerns?: readonly string[];
}

/** An object to be in the cluster. */
export interface IstioObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: JsonObject;
}

/** The label that tells in which step of a change an object belongs (order of changes): see `steps.ts`. */
export const PART = "meshlane.dev/part";
export type Part = "destinations" | "filter" | "routes" | "edge";

/** The annotation that tells what an object is for: a list of names as `Rendering.kept` has them, joined by commas. */
export const FOR = "meshlane.dev/for";

export interface Rendering {
  /** Sorted by kind, namespace, name; the same input gives the same bytes. */
  readonly objects: readonly IstioObject[];
  /**
   * What could not be decided, so that its objects in the cluster stay as they are: `gateway istio-ingress/public`, `entry
   * service shop/frontend`; of the service shop/cart `routes shop/cart`, `entry shop/cart` (its routes on gateways),
   * `destinations shop/cart`; or one object, `WasmPlugin shop/meshlane-outbound`.
   */
  readonly kept?: readonly string[];
  readonly notices: readonly Notice[];
}
