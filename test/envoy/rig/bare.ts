import {discovery, typed} from "../../../manager/render/envoy/discovery.ts";
import {filterFile} from "../../../manager/render/envoy/filters.ts";
import {outboundListener} from "../../../manager/render/envoy/listeners.ts";
import type {JsonObject} from "../../../manager/render/filter-config.ts";
import type {Target} from "./client.ts";
import {EXTERNAL} from "./objects.ts";
import type {TestMesh} from "./mesh.ts";

const NAME = "bare";

/** Clusters by the first part of a path: their names, what marks them, and the application behind them. */
const CLUSTERS: Record<string, {cluster: string; app: string; metadata?: JsonObject}> = {
  mesh: {cluster: "outbound|80||bare.test", app: "back"},
  inside: {cluster: "outbound|80||inside.test", app: "back", metadata: {istio: {external: false, config: "x"}}},
  red: {cluster: "outbound|80||bare-red.test", app: "back--red"},
  blue: {cluster: "outbound|80||bare-blue.test", app: "back--blue"},
  external: {cluster: "outbound|443||api.example.com", app: EXTERNAL, metadata: {istio: {external: true}}},
  egress: {cluster: "egress", app: EXTERNAL},
  gateway: {cluster: "outbound|443|v1|egress.test", app: EXTERNAL},
  passthrough: {cluster: "PassthroughCluster", app: EXTERNAL},
  inbound: {cluster: "inbound|8080||", app: EXTERNAL},
};

/** The outbound filter of workload `front` before routes that the product does not write itself. */
export function withBareListener(proxy: string, bootstrap: JsonObject, mesh: TestMesh): JsonObject {
  if (proxy !== "front") return bootstrap;
  const configuration = {version: 1, mesh: {egress: ["egress.test"]}};
  mesh.discovery.publish({
    [`routes/${NAME}.json`]: discovery([routes()]),
    [`proxies/front/${NAME}.json`]: filterFile(`meshlane.${NAME}`, {module: "outbound", configuration}),
  });
  const source = {manager: mesh.discovery.port};
  const filters = [{name: `meshlane.${NAME}`, file: `${NAME}.json`}];
  const address = {socket_address: {address: "127.0.0.1", port_value: bareTarget(mesh).port}};
  const listener = outboundListener({name: NAME, address, filters, source}, NAME, `routes/${NAME}.json`);
  const resources = bootstrap["static_resources"] as {listeners: JsonObject[]; clusters: JsonObject[]};
  return {
    ...bootstrap,
    static_resources: {
      listeners: [...resources.listeners, listener],
      clusters: [...resources.clusters, ...Object.values(CLUSTERS).map((one) => cluster(one, mesh))],
    },
  };
}

export function bareTarget(mesh: TestMesh): Target {
  return {port: mesh.sparePorts[0]!};
}

/**
 * `/NAME`: to that cluster. `/routes`: by the header, as a VirtualService says it. `/lane-outside`: of a service of the mesh, lane
 * red is outside; its route takes the context off. `/unknown`: to no cluster there is.
 */
function routes(): JsonObject {
  const byHeader = [
    laneRoute("/routes", "red", "red"),
    laneRoute("/routes", "blue", "blue"),
    {...laneRoute("/lane-outside", "red", "external"), request_headers_to_remove: ["x-swimlane", "baggage"]},
  ];
  const named = Object.entries(CLUSTERS).map(([name, {cluster: to}]) => ({
    match: {prefix: `/${name}`},
    route: {cluster: to},
  }));
  return typed("envoy.config.route.v3.RouteConfiguration", {
    name: NAME,
    virtual_hosts: [
      {
        name: "all",
        domains: ["*"],
        routes: [
          ...byHeader,
          {match: {prefix: "/routes"}, route: {cluster: CLUSTERS["mesh"]!.cluster}},
          {match: {prefix: "/lane-outside"}, route: {cluster: CLUSTERS["mesh"]!.cluster}},
          ...named,
          {match: {prefix: "/unknown"}, route: {cluster_header: "x-to"}},
        ],
      },
    ],
  });
}

function laneRoute(prefix: string, lane: string, to: string): JsonObject {
  return {
    match: {prefix, headers: [{name: "x-swimlane", string_match: {exact: lane}}]},
    route: {cluster: CLUSTERS[to]!.cluster},
  };
}

function cluster({cluster: name, app, metadata}: (typeof CLUSTERS)[string], mesh: TestMesh): JsonObject {
  const protocol = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  const address = {socket_address: {address: "127.0.0.1", port_value: mesh.app(app).port}};
  return {
    name,
    type: "STATIC",
    ...(metadata ? {metadata: {filter_metadata: metadata}} : {}),
    typed_extension_protocol_options: {
      [protocol]: typed(protocol, {use_downstream_protocol_config: {http2_protocol_options: {}}}),
    },
    load_assignment: {cluster_name: name, endpoints: [{lb_endpoints: [{endpoint: {address}}]}]},
  };
}
