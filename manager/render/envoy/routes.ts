import type {LaneRoute, ServicePlan} from "../../compile/plan.ts";
import {CONTEXT} from "../../model/context.ts";
import type {JsonObject} from "../filter-config.ts";
import {UNREACHED} from "../unreached.ts";
import {typed} from "./discovery.ts";
import {chainClusterName, clusterName, externalClusterName} from "./names.ts";

/** The workload that answered, on the responses of a playground. */
export const WORKLOAD = "x-swimlane-workload";

/** A service whose lanes are told apart in one route by a map: flat in lanes, where 500 header routes cost every request half as much again. */
export function serviceRoutes(plan: ServicePlan): JsonObject {
  const baseline = clusterName(plan.baseline);
  const specifier =
    plan.lanes.length === 0
      ? {cluster: baseline}
      : {inline_cluster_specifier_plugin: {extension: laneMatcher(plan.service, plan.lanes, baseline)}};
  const retries = Math.max(2, ...plan.lanes.map(({chain}) => chain.length));
  return routeConfiguration(plan.service, {
    match: {prefix: "/"},
    route: {...specifier, timeout: "0s", retry_policy: retryPolicy(retries)},
  });
}

/** A host outside the mesh: the header is taken off natively too, in case that the filter is away. */
export function externalRoutes(callee: string, name: string): JsonObject {
  return routeConfiguration(callee, {
    match: {prefix: "/"},
    request_headers_to_remove: [CONTEXT],
    route: {cluster: externalClusterName(name), timeout: "0s"},
  });
}

function routeConfiguration(name: string, route: JsonObject): JsonObject {
  return typed("envoy.config.route.v3.RouteConfiguration", {
    name,
    response_headers_to_remove: [UNREACHED],
    virtual_hosts: [{name: "all", domains: ["*"], routes: [route]}],
  });
}

function laneMatcher(service: string, lanes: readonly LaneRoute[], baseline: string): JsonObject {
  const map = Object.fromEntries(
    lanes.map(({lane, chain}) => {
      const [only, ...more] = chain;
      if (only === undefined) throw new RangeError(`lane ${lane} has no destination at service ${service}`);
      return [lane, toCluster(more.length === 0 ? clusterName(only) : chainClusterName(service, lane))];
    }),
  );
  return {
    name: "meshlane.lanes",
    typed_config: typed("envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier", {
      cluster_matcher: {
        matcher_tree: {
          input: {
            name: "context",
            typed_config: typed("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", {header_name: CONTEXT}),
          },
          exact_match_map: {map},
        },
        on_no_match: toCluster(baseline),
      },
    }),
  };
}

function toCluster(cluster: string): JsonObject {
  const action = typed("envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction", {cluster});
  return {action: {name: "cluster", typed_config: action}};
}

/** Only what never reached an application is repeated, each time with the next of the chain. */
function retryPolicy(retries: number): JsonObject {
  return {
    retry_on: "connect-failure,refused-stream,reset-before-request,retriable-headers",
    retriable_headers: [{name: UNREACHED, present_match: true}],
    num_retries: retries,
    retry_back_off: {base_interval: "0.001s", max_interval: "0.01s"},
    retry_priority: {
      name: "envoy.retry_priorities.previous_priorities",
      typed_config: typed("envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig", {
        update_frequency: 1,
      }),
    },
  };
}
