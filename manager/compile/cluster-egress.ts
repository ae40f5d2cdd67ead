import {selects} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import type {Gateway, KubernetesService} from "./cluster-facts.ts";
import {resolveHost, covers, serviceOf} from "./hosts.ts";

interface Known {
  readonly domain: string;
  readonly services: ReadonlyMap<string, KubernetesService>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly virtualServices: readonly KubernetesObject[];
  readonly serviceEntries: readonly KubernetesObject[];
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

/**
 * Services, `NAMESPACE/NAME`, that requests leave the mesh through: the mesh sends them, by a VirtualService, a host that
 * is none of its Services, and they are gateways or the host is known to be outside.
 */
export function egressGatewaysOf(known: Known): string[] {
  const found = known.virtualServices.flatMap(({metadata, spec}) => {
    const {hosts = [], gateways = ["mesh"], ...routes} = (spec ?? {}) as VirtualServiceSpec;
    if (!gateways.includes("mesh")) return [];
    const namespace = metadata.namespace ?? "default";
    const foreign = hosts
      .map((host) => resolveHost(host, namespace, known.domain))
      .filter((host) => isForeign(host, known));
    if (foreign.length === 0) return [];
    const outside = foreign.some((host) => isOutside(host, known));
    return targets(routes)
      .map((host) => serviceOf(resolveHost(host, namespace, known.domain), known.domain))
      .filter((key): key is string => key !== undefined && known.services.has(key))
      .filter((key) => outside || servesGateway(known.services.get(key)!, known));
  });
  return [...new Set(found)].sort();
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
  return [...gateways.values()].some(
    (gateway) =>
      Object.keys(gateway.selector).length > 0 &&
      (gateway.namespaces.includes(namespace) || gateway.workloads.length === 0) &&
      selects(gateway.selector, selector),
  );
}

function targets({http = [], tls = [], tcp = []}: VirtualServiceSpec): string[] {
  return [...http, ...tls, ...tcp].flatMap(({route = []}) => route.flatMap(({destination}) => destination?.host ?? []));
}
