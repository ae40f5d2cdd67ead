import type {ClusterFacts, ServicePort} from "../../compile/cluster-facts.ts";
import {hostOf} from "../../compile/hosts.ts";
import type {Destination, LaneRoute} from "../../compile/plan.ts";
import {firstReady} from "../../compile/routes.ts";
import type {JsonObject} from "../filter-config.ts";
import {clusterName, shortHash} from "./names.ts";
import {portAt} from "./ports.ts";
import type {PreparedService} from "./prepared.ts";

/** Envoy's own limits are made for one cluster; a chain shares them and must not stop falling back under load. */
const LIMITS = {
  max_connections: 1_000_000,
  max_pending_requests: 1_000_000,
  max_requests: 1_000_000,
  max_retries: 10_000,
};

/** The lanes of one port of a service by the cluster that each goes to, and the clusters that istiod does not make. */
export interface ChainClusters {
  readonly clusterOf: ReadonlyMap<string, string>;
  /** Sorted by name. */
  readonly aggregates: readonly JsonObject[];
}

/** Lanes of one chain share a cluster. */
export function chainClusters(service: PreparedService, port: ServicePort): ChainClusters {
  const clusterOf = new Map<string, string>();
  const aggregates = new Map<string, JsonObject>();
  for (const route of service.lanes) {
    const members = membersOf(service, route, port);
    const [only, ...more] = members;
    if (only === undefined) continue;
    const name = more.length === 0 ? only : aggregateName(service, port, members);
    clusterOf.set(route.lane, name);
    if (more.length > 0) aggregates.set(name, aggregate(name, members));
  }
  return {clusterOf, aggregates: [...aggregates].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cluster]) => cluster)};
}

/** A chain that passes a headless Service cannot be an aggregate (its cluster is ORIGINAL_DST): it stands at what is ready now. */
function membersOf({baseline, facts}: PreparedService, route: LaneRoute, port: ServicePort): string[] {
  const {chain} = route;
  const one = chain.some((to) => isHeadless(to, facts))
    ? (firstReady(route, baseline, facts.ready) ?? chain[0])
    : undefined;
  const all = one === undefined ? chain : [one];
  return all.map((to) => clusterName(to, portAt(to.service, port, facts) ?? port.port, facts.domain));
}

function isHeadless({service}: Destination, facts: ClusterFacts): boolean {
  return facts.kubernetesServices.get(service)?.headless === true;
}

/** Begins as a cluster of the mesh does, so that the outbound filter keeps the context. */
function aggregateName({service, facts}: PreparedService, port: ServicePort, members: readonly string[]): string {
  return `outbound|${port.port}|meshlane-chain-${shortHash(JSON.stringify(members))}|${hostOf(service, facts.domain)}`;
}

function aggregate(name: string, clusters: readonly string[]): JsonObject {
  return {
    name,
    connect_timeout: "10s",
    lb_policy: "CLUSTER_PROVIDED",
    cluster_type: {
      name: "envoy.clusters.aggregate",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig",
        clusters,
      },
    },
    circuit_breakers: {thresholds: [LIMITS]},
  };
}
