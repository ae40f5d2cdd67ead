import {selects} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {type Gateway, gatewaysNamed, type KubernetesService} from "./cluster-facts.ts";
import type {HttpRouteRef, HttpRouteSpec} from "./http-route.ts";
import {covers, hostOf, resolveHost, serviceOf} from "./hosts.ts";

interface Known {
  readonly domain: string;
  readonly services: ReadonlyMap<string, KubernetesService>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly virtualServices: readonly KubernetesObject[];
  readonly serviceEntries: readonly KubernetesObject[];
  readonly httpRoutes: readonly KubernetesObject[];
}

/** Services, `NAMESPACE/NAME`, that requests for hosts go to which are no Services of the mesh. */
export interface Leaving {
  /** Those that are gateways. */
  readonly egressGateways: readonly string[];
  /** The others, for hosts that are known to be outside: proxies of the user's, or what answers in their place. */
  readonly standIns: readonly string[];
}

/** What the mesh sends some hosts to, resolved. */
interface Sent {
  readonly hosts: readonly string[];
  readonly targets: readonly string[];
}

/** By the VirtualServices and HTTPRoutes that sidecars use. */
export function leavingOf(known: Known): Leaving {
  const found = [...byVirtualServices(known), ...byHttpRoutes(known)].flatMap(({hosts, targets}) => {
    const foreign = hosts.filter((host) => isForeign(host, known));
    const outside = foreign.some((host) => isOutside(host, known));
    return (foreign.length === 0 ? [] : targets)
      .map((host) => known.services.get(serviceOf(host, known.domain) ?? ""))
      .filter((service) => service !== undefined)
      .map((service) => ({key: service.key, gateway: servesGateway(service, known), outside}));
  });
  const keys = (some: readonly {key: string}[]) => [...new Set(some.map(({key}) => key))].sort();
  return {
    egressGateways: keys(found.filter(({gateway}) => gateway)),
    standIns: keys(found.filter(({gateway, outside}) => outside && !gateway)),
  };
}

interface VirtualServiceSpec {
  readonly hosts?: readonly string[];
  readonly gateways?: readonly string[];
  readonly http?: readonly RouteTo[];
  readonly tls?: readonly RouteTo[];
  readonly tcp?: readonly RouteTo[];
}

interface RouteTo {
  readonly route?: readonly {readonly destination?: {readonly host?: string}}[];
}

function byVirtualServices({virtualServices, domain}: Known): Sent[] {
  return virtualServices.flatMap(({metadata, spec}) => {
    const {hosts = [], gateways = [], http = [], tls = [], tcp = []} = (spec ?? {}) as VirtualServiceSpec;
    if (gateways.length > 0 && !gateways.includes("mesh")) return [];
    const resolved = (host: string) => resolveHost(host, metadata.namespace ?? "default", domain);
    const routes = [...http, ...tls, ...tcp].flatMap(({route = []}) => route);
    const targets = routes.flatMap(({destination}) => destination?.host ?? []);
    return [{hosts: hosts.map(resolved), targets: targets.map(resolved)}];
  });
}

/** Rule: extractParentReferenceInfo and buildDestination in Istio's pilot/pkg/config/kube/gateway/conversion.go. */
function byHttpRoutes({httpRoutes, serviceEntries, domain}: Known): Sent[] {
  return httpRoutes.flatMap(({metadata, spec}) => {
    const {parentRefs = [], rules = []} = (spec ?? {}) as HttpRouteSpec;
    const keyOf = ({name = "", namespace = metadata.namespace ?? "default"}: HttpRouteRef) => `${namespace}/${name}`;
    const parents = new Set(parentRefs.filter(({kind}) => kind === "ServiceEntry").map(keyOf));
    const hosts = serviceEntries
      .filter((entry) => parents.has(`${entry.metadata.namespace ?? "default"}/${entry.metadata.name}`))
      .flatMap((entry) => (entry.spec as {hosts?: readonly string[]} | undefined)?.hosts ?? []);
    const targets = rules
      .flatMap(({backendRefs = []}) => backendRefs)
      .map((ref) => (ref.kind === "Hostname" ? (ref.name ?? "") : hostOf(keyOf(ref), domain)));
    return hosts.length === 0 ? [] : [{hosts, targets}];
  });
}

function isForeign(host: string, {domain, services}: Known): boolean {
  return !services.has(serviceOf(host, domain) ?? "");
}

function isOutside(host: string, {serviceEntries}: Known): boolean {
  return serviceEntries.some(({spec}) => {
    const {hosts = [], location = "MESH_EXTERNAL"} = (spec ?? {}) as {hosts?: readonly string[]; location?: string};
    return location === "MESH_EXTERNAL" && hosts.some((pattern) => covers(pattern, host));
  });
}

function servesGateway({key, selector}: KubernetesService, {gateways}: Known): boolean {
  const [namespace = ""] = key.split("/");
  return [...gateways.keys()]
    .flatMap((each) => gatewaysNamed({gateways}, each))
    .some(
      (gateway) =>
        Object.keys(gateway.selector).length > 0 &&
        (gateway.namespaces.includes(namespace) || gateway.workloads.length === 0) &&
        selects(gateway.selector, selector),
    );
}
