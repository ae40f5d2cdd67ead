import type {JsonObject} from "../filter-config.ts";
import {nativeStrip} from "../native-strip.ts";
import {applicationUnreached, UNREACHED} from "../unreached.ts";
import {identity, NO_COLLECTOR} from "./clusters.ts";
import {own, shared, type Source, typed} from "./discovery.ts";
import {CONTEXT} from "../../model/context.ts";
import {WORKLOAD} from "./routes.ts";

/** A filter by the file that its configuration comes from; the listener stays when the configuration changes. */
export interface FilterSlot {
  readonly name: string;
  /** In the folder that the proxy runs in. */
  readonly file: string;
}

export interface ListenerOptions {
  readonly name: string;
  readonly address: JsonObject;
  readonly filters: readonly FilterSlot[];
  readonly source: Source;
}

/** Where the application calls one service or one host outside the mesh. */
export function outboundListener(options: ListenerOptions, callee: string, routesFile: string): JsonObject {
  const manager = connectionManager(options, {
    rds: {route_config_name: callee, config_source: shared(routesFile, options.source)},
    local_reply_config: {mappers: [noReadyWorkload(callee)]},
  });
  return listener(options, [{filters: [manager]}]);
}

export interface InboundOptions {
  readonly mtls: boolean;
  /** Told to callers as `x-swimlane-workload`, so that a path can be shown through programs that say nothing. */
  readonly workload?: string;
}

/** Where the mesh calls the application, by mTLS or, as under Istio's PERMISSIVE, in plain text. */
export function inboundListener(options: ListenerOptions, {mtls, workload}: InboundOptions): JsonObject {
  const settings = {
    route_config: {
      name: "inbound",
      response_headers_to_remove: [UNREACHED],
      ...(workload === undefined ? {} : {response_headers_to_add: [setHeader(WORKLOAD, workload)]}),
      virtual_hosts: [
        {
          name: "application",
          domains: ["*"],
          routes: [{match: {prefix: "/"}, route: {cluster: "inbound|80||", timeout: "0s"}}],
        },
      ],
    },
    local_reply_config: {mappers: [applicationUnreached]},
  };
  if (!mtls) return listener(options, [{filters: [connectionManager(options, settings)]}]);
  const tls = {
    filter_chain_match: {transport_protocol: "tls"},
    transport_socket: serverTls(),
    filters: [connectionManager(options, settings)],
  };
  const plain = {filters: [connectionManager(options, {...settings, ...OWN_ADDRESS})]};
  const inspector = {
    name: "envoy.filters.listener.tls_inspector",
    typed_config: typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"),
  };
  return {...listener(options, [tls, plain]), listener_filters: [inspector]};
}

/** A peer that is not of the mesh has the address that it connects from, not the one in an x-forwarded-for of its own. */
const OWN_ADDRESS = {use_remote_address: true, skip_xff_append: true, preserve_external_request_id: true};

/** Where requests enter the mesh: takes every context off before any filter runs, and starts a trace. */
export function edgeListener(options: ListenerOptions, entry: string, routesFile: string): JsonObject {
  const manager = connectionManager(options, {
    use_remote_address: true,
    early_header_mutation_extensions: [nativeStrip(CONTEXT)],
    rds: {route_config_name: entry, config_source: shared(routesFile, options.source)},
    local_reply_config: {mappers: [noReadyWorkload(entry)]},
    tracing: startTraces(),
  });
  return listener(options, [{filters: [manager]}]);
}

/** Envoy gives a request that has none a trace context. It is not sampled, so the exporter that Envoy asks for stays idle. */
function startTraces(): JsonObject {
  const collector = {uri: "http://no-collector/v1/traces", cluster: NO_COLLECTOR, timeout: "1s"};
  return {
    random_sampling: {value: 0},
    provider: {
      name: "envoy.tracers.opentelemetry",
      typed_config: typed("envoy.config.trace.v3.OpenTelemetryConfig", {
        service_name: "edge",
        http_service: {http_uri: collector},
      }),
    },
  };
}

function listener({name, address}: ListenerOptions, filter_chains: readonly JsonObject[]): JsonObject {
  // Without it two proxies could share one port in silence.
  return {name, address, enable_reuse_port: false, filter_chains};
}

function connectionManager({name, filters, source}: ListenerOptions, more: JsonObject): JsonObject {
  const router = {
    name: "envoy.filters.http.router",
    typed_config: typed("envoy.extensions.filters.http.router.v3.Router"),
  };
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
      stat_prefix: name,
      stream_idle_timeout: "0s",
      upgrade_configs: [{upgrade_type: "websocket"}],
      http_filters: [...filters.map((slot) => discovered(slot, source)), router],
      ...more,
    }),
  };
}

function discovered({name, file}: FilterSlot, source: Source): JsonObject {
  return {
    name,
    config_discovery: {
      config_source: own(file, source),
      type_urls: ["type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"],
    },
  };
}

function serverTls(): JsonObject {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
      require_client_certificate: true,
      common_tls_context: identity(),
    }),
  };
}

function noReadyWorkload(callee: string): JsonObject {
  return {
    filter: {response_flag_filter: {flags: ["UH", "NC"]}},
    body_format_override: {
      text_format_source: {
        inline_string: `meshlane: no ready workload of ${callee} for lane "%REQ(${CONTEXT})%"\n`,
      },
    },
  };
}

function setHeader(key: string, value: string): JsonObject {
  return {header: {key, value}, append_action: "OVERWRITE_IF_EXISTS_OR_ADD"};
}
