import type {ServicePort} from "../../compile/cluster-facts.ts";
import type {JsonObject} from "../filter-config.ts";
import {UNREACHED} from "../unreached.ts";
import {type ChainClusters, chainClusters} from "./chain-clusters.ts";
import {CONTEXT} from "../../model/context.ts";
import {clusterName, nameOf, namespaceOf} from "./names.ts";
import type {IstioObject, Part} from "./options.ts";
import {madeFor, ownObject} from "./own-object.ts";
import type {PreparedService} from "./prepared.ts";
import {shards} from "./shards.ts";

/** Routes of one virtual host that the matcher is merged into. */
export interface TakenRoutes {
  /** Absent: all that have a route action. */
  readonly name?: string;
  /** Cluster for requests of no lane, where the route's owner names a subset or a port. */
  readonly baseline?: {readonly subset?: string; readonly port?: number};
  /** Their owner says when a request is repeated. */
  readonly ownRetries?: boolean;
}

type Context = "SIDECAR_OUTBOUND" | "GATEWAY";

/**
 * The EnvoyFilters of a service, in each namespace that calls it. Each port has its own, which keeps them below their limit.
 * @param taken by port that is called
 */
export function renderNative(
  service: PreparedService,
  taken: ReadonlyMap<number, readonly TakenRoutes[]>,
): IstioObject[] {
  const {host, ports = [], callers, lanes} = service;
  if (lanes.length === 0) return [];
  const chains = new Map(ports.map((port) => [port.port, chainClusters(service, port)]));
  return ports.flatMap((port) => {
    const patches = (taken.get(port.port) ?? []).map((routes) => {
      const target = ports.find((each) => each.port === routes.baseline?.port) ?? port;
      const merge = {context: "SIDECAR_OUTBOUND", vhost: `${host}:${port.port}`, routes} as const;
      return mergePatch(service, target, chains.get(target.port)!, merge);
    });
    const destinations = [...shards(chains.get(port.port)!.aggregates)].map(([suffix, clusters]) => ({
      suffix,
      patches: clusters.map((cluster) => clusterPatch("SIDECAR_OUTBOUND", cluster)),
    }));
    return callers.flatMap((namespace) => [
      ...destinations.map((each) => filter(service, port, {part: "destinations", namespace, ...each})),
      ...(patches.length === 0 ? [] : [filter(service, port, {part: "routes", namespace, suffix: "", patches})]),
    ]);
  });
}

interface Patches {
  readonly part: Part;
  readonly namespace: string;
  /** Tells objects of one port apart. */
  readonly suffix: string;
  readonly patches: readonly JsonObject[];
}

function filter(
  {service}: PreparedService,
  port: ServicePort,
  {part, namespace, suffix, patches}: Patches,
): IstioObject {
  const name = `meshlane-${part}-${port.port}${suffix}.${nameOf(service)}.${namespaceOf(service)}`;
  const object = ownObject("EnvoyFilter", {part, namespace, name}, {configPatches: patches});
  return madeFor([`${part} ${service}`], object);
}

export function clusterPatch(context: Context, cluster: JsonObject): JsonObject {
  return {applyTo: "CLUSTER", match: {context}, patch: {operation: "ADD", value: cluster}};
}

interface Merge {
  readonly context: Context;
  readonly vhost: string;
  readonly routes: TakenRoutes;
}

/** @param port of the service, which the taken routes go to unless they name another */
export function mergePatch(
  service: PreparedService,
  port: ServicePort,
  {clusterOf}: ChainClusters,
  {context, vhost, routes}: Merge,
): JsonObject {
  const {name, baseline, ownRetries = false} = routes;
  return {
    applyTo: "HTTP_ROUTE",
    match: {
      context,
      routeConfiguration: {vhost: {name: vhost, route: {action: "ROUTE", ...(name === undefined ? {} : {name})}}},
    },
    patch: {
      operation: "MERGE",
      value: {
        route: {
          inline_cluster_specifier_plugin: {
            extension: laneMatcher(clusterOf, baselineCluster(service, port, baseline)),
          },
          retry_policy: {retry_priority: NEXT_OF_CHAIN, ...(ownRetries ? {} : UNREACHED_TOO)},
        },
        response_headers_to_remove: [UNREACHED],
      },
    },
  };
}

function baselineCluster(
  {baseline, host, facts}: PreparedService,
  {port}: ServicePort,
  users: TakenRoutes["baseline"],
): string {
  const number = users?.port ?? port;
  if (users?.subset !== undefined) return `outbound|${number}|${users.subset}|${host}`;
  return clusterName(baseline, number, facts.domain);
}

/** Each retry goes on to the next of the chain; whether there is one stays the route's business. */
const NEXT_OF_CHAIN = {
  name: "envoy.retry_priorities.previous_priorities",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
    update_frequency: 1,
  },
};

/** What Istio repeats where nobody says otherwise (defaultRetryOn in its pilot/pkg/networking/core/route/retry), and what never reached an application. */
const UNREACHED_TOO = {
  retry_on: "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes,retriable-headers",
  retriable_headers: [{name: UNREACHED, present_match: true}],
};

const MATCHER = "type.googleapis.com/envoy.extensions.router.cluster_specifiers.matcher.v3";

function laneMatcher(clusterOf: ReadonlyMap<string, string>, baseline: string): JsonObject {
  const map = Object.fromEntries([...clusterOf].map(([lane, cluster]) => [lane, toCluster(cluster)]));
  return {
    name: "meshlane.lanes",
    typed_config: {
      "@type": `${MATCHER}.MatcherClusterSpecifier`,
      cluster_matcher: {
        matcher_tree: {
          input: {
            name: "context",
            typed_config: {
              "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
              header_name: CONTEXT,
            },
          },
          exact_match_map: {map},
        },
        on_no_match: toCluster(baseline),
      },
    },
  };
}

function toCluster(cluster: string): JsonObject {
  return {action: {name: "cluster", typed_config: {"@type": `${MATCHER}.ClusterAction`, cluster}}};
}
