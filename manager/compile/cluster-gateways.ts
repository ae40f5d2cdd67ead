import {selects} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import type {Gateway, KubernetesService} from "./cluster-facts.ts";
import type {Workload} from "./cluster-workloads.ts";
import {resolveHost, serviceOf} from "./hosts.ts";
import type {Labels} from "./plan.ts";

/** The label that istiod puts on the pods that it makes for a gateway of the Gateway API. */
export const GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";

export interface Around {
  readonly domain: string;
  readonly workloads: readonly Workload[];
  readonly services: ReadonlyMap<string, KubernetesService>;
  /** Labels of the namespaces that are known. */
  readonly namespaces: ReadonlyMap<string, Labels>;
}

/** Istio's and the Gateway API's gateways by `NAMESPACE/NAME`; where both have one name, Istio's, and the other as its twin. */
export function gatewaysOf(objects: readonly KubernetesObject[], around: Around): Map<string, Gateway> {
  const all = objects.filter(({kind}) => kind === "Gateway");
  const ofGroup = (group: string, read: typeof istioGateway) =>
    new Map(
      all
        .filter(({apiVersion}) => apiVersion.startsWith(`${group}/`))
        .map((object) => read(object, around))
        .map((gateway) => [gateway.key, gateway] as const),
    );
  const kubernetes = ofGroup("gateway.networking.k8s.io", kubernetesGateway);
  const istio = [...ofGroup("networking.istio.io", istioGateway)].map(([key, gateway]) => {
    const twin = kubernetes.get(key);
    return [key, twin === undefined ? gateway : {...gateway, twin}] as const;
  });
  return new Map([...kubernetes, ...istio]);
}

interface IstioGatewaySpec {
  readonly selector?: Labels;
  readonly servers?: readonly {readonly port?: {readonly number?: number}; readonly hosts?: readonly string[]}[];
}

/** Its selector selects pods of every namespace, unless istiod was told otherwise. */
function istioGateway({metadata, spec}: KubernetesObject, {workloads}: Around): Gateway {
  const {selector = {}, servers = []} = (spec ?? {}) as IstioGatewaySpec;
  const own = metadata.namespace ?? "default";
  const serving = workloads.filter((workload) => serves(selector, workload));
  const namespaces = [...new Set(serving.map(({namespace}) => namespace))].sort();
  const sorted = namespaces.includes(own) ? [own, ...namespaces.filter((name) => name !== own)] : namespaces;
  return {
    key: `${own}/${metadata.name}`,
    api: "istio",
    namespace: sorted[0] ?? own,
    namespaces: sorted.length > 0 ? sorted : [own],
    workloads: serving,
    selector,
    servers: servers.map(({port, hosts}) => ({port: port?.number ?? 0, hosts: hosts ?? []})),
  };
}

function serves(selector: Labels, {labels}: Workload): boolean {
  return Object.keys(selector).length > 0 && selects(selector, labels);
}

interface KubernetesGatewaySpec {
  readonly addresses?: readonly {readonly type?: string; readonly value?: string}[];
  readonly listeners?: readonly Listener[];
}

interface Listener {
  readonly port?: number;
  readonly hostname?: string;
  readonly allowedRoutes?: {
    readonly namespaces?: {readonly from?: string; readonly selector?: {readonly matchLabels?: Labels}};
  };
}

/** Its pods are always of its own namespace: those that istiod makes, or those of the one Service that it names. */
function kubernetesGateway({metadata, spec}: KubernetesObject, around: Around): Gateway {
  const {addresses = [], listeners = []} = (spec ?? {}) as KubernetesGatewaySpec;
  const namespace = metadata.namespace ?? "default";
  const named = addresses.find(({type}) => type === "Hostname")?.value;
  const host = named === undefined ? undefined : resolveHost(named, namespace, around.domain);
  const service = host === undefined ? undefined : around.services.get(serviceOf(host, around.domain) ?? "");
  const selector = host === undefined ? {[GATEWAY_NAME]: metadata.name} : (service?.selector ?? {});
  return {
    key: `${namespace}/${metadata.name}`,
    api: "gateway-api",
    namespace,
    namespaces: [namespace],
    workloads: around.workloads.filter((workload) => workload.namespace === namespace && serves(selector, workload)),
    selector,
    servers: listeners.map((listener) => ({
      port: listener.port ?? 0,
      hosts: [listener.hostname ?? "*"],
      allows: allowedBy(listener, namespace, around),
    })),
  };
}

/** A selector's `matchExpressions` are not looked into: they count as met. */
function allowedBy({allowedRoutes}: Listener, own: string, {namespaces}: Around): (namespace: string) => boolean {
  const {from = "Same", selector} = allowedRoutes?.namespaces ?? {};
  if (from === "All") return () => true;
  if (from !== "Selector") return (namespace) => namespace === own;
  return (namespace) => {
    const labels = namespaces.get(namespace);
    return labels === undefined || (selector !== undefined && selects(selector.matchLabels ?? {}, labels));
  };
}
