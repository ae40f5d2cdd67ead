import type {Destination, ServicePlan} from "../../compile/plan.ts";
import type {Protocol} from "../../model/index.ts";
import type {JsonObject} from "../filter-config.ts";
import {MANAGER, shared, type Source, typed} from "./discovery.ts";
import {chainClusterName, clusterName, externalClusterName, fileName} from "./names.ts";

/** Envoy's own limits are made for one cluster; a chain shares them and must not stop falling back under load. */
const LIMITS = {max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000, max_retries: 10_000};

const CIRCUIT_BREAKERS = {thresholds: [LIMITS]};

/** With no ready endpoint a destination is empty, never "all of them anyway": only so a chain falls back. */
const NO_PANIC = {healthy_panic_threshold: {value: 0}};

const SAME_PROTOCOL = protocolOptions({use_downstream_protocol_config: {http2_protocol_options: {}}});

const ONLY: Record<Protocol, JsonObject> = {
  http1: protocolOptions({explicit_http_config: {http_protocol_options: {}}}),
  http2: protocolOptions({explicit_http_config: {http2_protocol_options: {}}}),
};

function protocolOptions(options: JsonObject): JsonObject {
  const name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return {[name]: typed(name, options)};
}

/** One destination; its endpoints come from a file of their own. */
export function destinationCluster(destination: Destination, mtls: boolean, source: Source): JsonObject {
  const name = clusterName(destination);
  return {
    name,
    type: "EDS",
    connect_timeout: "1s",
    eds_cluster_config: {eds_config: shared(`endpoints/${fileName(name)}.json`, source)},
    typed_extension_protocol_options: SAME_PROTOCOL,
    circuit_breakers: CIRCUIT_BREAKERS,
    common_lb_config: NO_PANIC,
    ...(mtls ? {transport_socket: clientTls()} : {}),
  };
}

/** The chain of one lane: the data plane falls back along it by itself, within the request. */
export function chainCluster(service: string, lane: string, chain: readonly Destination[]): JsonObject {
  return {
    name: chainClusterName(service, lane),
    connect_timeout: "1s",
    lb_policy: "CLUSTER_PROVIDED",
    cluster_type: {
      name: "envoy.clusters.aggregate",
      typed_config: typed("envoy.extensions.clusters.aggregate.v3.ClusterConfig", {clusters: chain.map(clusterName)}),
    },
    circuit_breakers: CIRCUIT_BREAKERS,
  };
}

/** A host outside the mesh, marked as Istio marks them, so that outbound takes the context off. */
export function externalCluster(name: string, address: JsonObject): JsonObject {
  return {
    name: externalClusterName(name),
    type: "STRICT_DNS",
    connect_timeout: "5s",
    metadata: {filter_metadata: {istio: {external: true}}},
    typed_extension_protocol_options: SAME_PROTOCOL,
    load_assignment: assignment(externalClusterName(name), [{address}]),
  };
}

/** Whom proxies ask that do not watch files. */
export function managerCluster(port: number): JsonObject {
  return {
    name: MANAGER,
    type: "STATIC",
    connect_timeout: "1s",
    typed_extension_protocol_options: ONLY.http2,
    load_assignment: assignment(MANAGER, [{address: {socket_address: {address: "127.0.0.1", port_value: port}}}]),
  };
}

export const NO_COLLECTOR = "no-collector";

/** Named by the edge's tracer, which must name one; it has no endpoint. */
export function noCollectorCluster(): JsonObject {
  return {name: NO_COLLECTOR, type: "STATIC", load_assignment: {cluster_name: NO_COLLECTOR}};
}

/** The proxy's own application, spoken to as the caller speaks unless it has a protocol of its own. */
export function applicationCluster(address: JsonObject, protocol?: Protocol): JsonObject {
  return {
    name: "inbound|80||",
    type: "STRICT_DNS",
    connect_timeout: "1s",
    typed_extension_protocol_options: protocol === undefined ? SAME_PROTOCOL : ONLY[protocol],
    circuit_breakers: CIRCUIT_BREAKERS,
    load_assignment: assignment("inbound|80||", [{address}]),
  };
}

export interface Endpoint {
  readonly address: JsonObject;
  readonly ready?: boolean;
}

export function assignment(cluster: string, endpoints: readonly Endpoint[]): JsonObject {
  const lb_endpoints = endpoints.map(({address, ready = true}) => ({
    endpoint: {address},
    health_status: ready ? "HEALTHY" : "UNHEALTHY",
  }));
  return {cluster_name: cluster, endpoints: [{lb_endpoints}]};
}

/** Every destination that a service's routes may name, the baseline first, each once. */
export function destinationsOf(plan: ServicePlan): Destination[] {
  const all = [plan.baseline, ...plan.lanes.flatMap(({chain}) => chain)];
  return [...new Map(all.map((destination) => [clusterName(destination), destination])).values()];
}

function clientTls(): JsonObject {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      common_tls_context: identity(),
    }),
  };
}

/** Certificate, key and authority stand in the folder that the proxy runs in. */
export function identity(): JsonObject {
  return {
    tls_certificates: [{certificate_chain: {filename: "cert.pem"}, private_key: {filename: "key.pem"}}],
    validation_context: {trusted_ca: {filename: "ca.pem"}},
  };
}
