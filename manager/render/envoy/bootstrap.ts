import type {JsonObject} from "../filter-config.ts";
import {managerCluster} from "./clusters.ts";
import {shared, type Source} from "./discovery.ts";

export interface Proxy {
  readonly id: string;
  readonly service: string;
  readonly admin: JsonObject;
  readonly listeners: readonly JsonObject[];
  /** Clusters of this proxy alone; all others come from the shared file. */
  readonly clusters: readonly JsonObject[];
  readonly source: Source;
  /** Where the proxy says that it is. */
  readonly locality?: {readonly region?: string; readonly zone?: string};
}

export function bootstrap({id, service, admin, listeners, clusters, source, locality = {}}: Proxy): JsonObject {
  const all = source === "files" ? clusters : [...clusters, managerCluster(source.manager)];
  return {
    node: {id, cluster: service, locality},
    admin: {address: admin},
    dynamic_resources: {cds_config: shared("clusters.json", source)},
    static_resources: {listeners, clusters: all},
  };
}
