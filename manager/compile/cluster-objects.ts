import {selects} from "../model/index.ts";
import {original} from "../model/adopted.ts";
import {isOurs, type KubernetesObject} from "../model/kubernetes.ts";
import {leavingOf} from "./cluster-egress.ts";
import type {ClusterFacts, KubernetesService} from "./cluster-facts.ts";
import {gatewaysOf} from "./cluster-gateways.ts";
import {serviceFact} from "./cluster-services.ts";
import {readiness, type Workload, workloadsOf} from "./cluster-workloads.ts";
import type {Labels} from "./plan.ts";

export interface ClusterOptions {
  /** The cluster's domain, by default `cluster.local`. */
  readonly domain?: string;
  /** By default `istio-system`. */
  readonly rootNamespace?: string;
  /** The objects are all of a cluster, by default false. */
  readonly complete?: boolean;
}

const istioNetworking = "networking.istio.io/";

/**
 * What the objects of a cluster, or those of files, say. Order does not matter; objects that Meshlane wrote count only
 * where they are workloads, Services or endpoints, as a fork's are; what was handed over counts as its owner had it.
 */
export function clusterFacts(
  objects: readonly KubernetesObject[],
  {domain = "cluster.local", rootNamespace = "istio-system", complete = false}: ClusterOptions = {},
): ClusterFacts {
  const ordered = objects.map(original).toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  const theirs = (kind: string, group: string): KubernetesObject[] =>
    ordered.filter((object) => object.kind === kind && object.apiVersion.startsWith(group) && !isOurs(object));
  const workloads = workloadsOf(ordered);
  const services = new Map(
    ordered
      .filter(({kind, apiVersion}) => kind === "Service" && apiVersion === "v1")
      .map((object) => {
        const service = serviceFact(object);
        return [service.key, service] as const;
      }),
  );
  const gateways = gatewaysOf(
    ordered.filter((object) => !isOurs(object)),
    {domain, workloads, services, namespaces: namespaceLabels(ordered)},
  );
  const virtualServices = theirs("VirtualService", istioNetworking);
  const serviceEntries = theirs("ServiceEntry", istioNetworking);
  const httpRoutes = theirs("HTTPRoute", "gateway.networking.k8s.io/");
  return {
    domain,
    complete,
    rootNamespace,
    services: labelsBehind([...services.values()], workloads),
    kubernetesServices: services,
    ready: readiness(ordered),
    gateways,
    virtualServices,
    destinationRules: theirs("DestinationRule", istioNetworking),
    sidecars: theirs("Sidecar", istioNetworking),
    serviceEntries,
    httpRoutes,
    grpcRoutes: theirs("GRPCRoute", "gateway.networking.k8s.io/"),
    ...leavingOf({domain, services, gateways, virtualServices, serviceEntries, httpRoutes}),
    namespaces: namespacesOf(ordered),
  };
}

function orderOf({kind, metadata}: KubernetesObject): string {
  return `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}

function labelsBehind(services: readonly KubernetesService[], workloads: readonly Workload[]): Map<string, Labels[]> {
  const byNamespace = new Map<string, Workload[]>();
  for (const workload of workloads) {
    const near = byNamespace.get(workload.namespace);
    if (near === undefined) byNamespace.set(workload.namespace, [workload]);
    else near.push(workload);
  }
  return new Map(
    services.map(({key, selector}) => {
      const [namespace = ""] = key.split("/");
      // A Service without a selector has endpoints of somebody's own making.
      const near = Object.keys(selector).length === 0 ? [] : (byNamespace.get(namespace) ?? []);
      return [key, near.filter(({labels}) => selects(selector, labels)).map(({labels}) => labels)];
    }),
  );
}

function namespacesOf(objects: readonly KubernetesObject[]): Map<string, {ambient: boolean}> {
  return new Map(
    [...namespaceLabels(objects)].map(([name, labels]) => [
      name,
      {ambient: labels["istio.io/dataplane-mode"] === "ambient"},
    ]),
  );
}

/** A file may leave out the label that the API server gives each namespace. */
function namespaceLabels(objects: readonly KubernetesObject[]): Map<string, Labels> {
  const namespaces = objects.filter(({kind, apiVersion}) => kind === "Namespace" && apiVersion === "v1");
  return new Map(
    namespaces.map(({metadata: {name, labels}}) => [name, {...labels, "kubernetes.io/metadata.name": name}]),
  );
}
