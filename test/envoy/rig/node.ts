import {filterFile} from "../../../manager/render/envoy/filters.ts";
import {outboundListener} from "../../../manager/render/envoy/listeners.ts";
import type {JsonObject} from "../../../manager/render/filter-config.ts";
import type {Target} from "./client.ts";
import type {TestMesh} from "./mesh.ts";

/** A proxy's node as Istio's agent writes it into the bootstrap: the pod's labels among the metadata. */
export function withLabels(bootstrap: JsonObject, labels: JsonObject): JsonObject {
  return {...bootstrap, node: {...(bootstrap["node"] as JsonObject), metadata: {LABELS: labels}}};
}

/** Another id of the node. A proxy's filters are asked for by it. */
export function withId(proxy: string, bootstrap: JsonObject, mesh: TestMesh, id: string): JsonObject {
  const files = mesh.render();
  for (const name of ["inbound.json", "outbound.json"]) {
    mesh.discovery.publish({[`proxies/${id}/${name}`]: files[`proxies/${proxy}/${name}`]!});
  }
  return {...bootstrap, node: {...(bootstrap["node"] as JsonObject), id}};
}

/** Configurations of outbound by their names, each on a listener of its own that leads to service `back`. */
export type Plugins = Readonly<Record<string, JsonObject>>;

export function withOutbounds(bootstrap: JsonObject, mesh: TestMesh, plugins: Plugins): JsonObject {
  const {id} = bootstrap["node"] as {id: string};
  const source = {manager: mesh.discovery.port};
  const listeners = Object.entries(plugins).map(([name, configuration]) => {
    const file = {module: "outbound", configuration} as const;
    mesh.discovery.publish({[`proxies/${id}/${name}.json`]: filterFile(`meshlane.${name}`, file)});
    const address = {socket_address: {address: "127.0.0.1", port_value: outboundOf(mesh, plugins, name).port}};
    const filters = [{name: `meshlane.${name}`, file: `${name}.json`}];
    return outboundListener({name, address, filters, source}, "test/back", "routes/test@back.json");
  });
  const resources = bootstrap["static_resources"] as {listeners: JsonObject[]};
  return {...bootstrap, static_resources: {...resources, listeners: [...resources.listeners, ...listeners]}};
}

export function outboundOf(mesh: TestMesh, plugins: Plugins, name: string): Target {
  return {port: mesh.sparePorts[Object.keys(plugins).indexOf(name)]!};
}
