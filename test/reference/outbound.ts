import {isOurs, laneOf, members, withMember} from "./baggage.ts";
import {carried, type Context} from "./context.ts";
import {stripped, type Common} from "./inbound.ts";
import {values, withHeader, without, type Header, type Request} from "./request.ts";
import type {Table} from "./table.ts";
import {traceIds} from "./trace-ids.ts";

export interface Outbound extends Common {
  lane?: string | undefined;
  gateway: boolean;
  clusters: readonly string[];
  egress: readonly string[];
}

/** The cluster that the route picked for the request as it came to the filter; undefined where there is none. */
export interface Cluster {
  name: string;
  /** What stands at `mesh.external`; undefined: nothing. */
  external?: boolean | string | undefined;
}

export interface Outgoing extends Request {
  cluster?: Cluster | undefined;
}

export interface Sent {
  headers: readonly Header[];
  context: Context | undefined;
}

export function outbound(configuration: Outbound, request: Outgoing, table: Table): Sent {
  const context = find(configuration, request, table);
  if (!inMesh(configuration, request.cluster)) {
    return {headers: stripped(request.headers, configuration.header), context};
  }
  return {headers: restored(configuration, request.headers, context), context};
}

function find(configuration: Outbound, request: Outgoing, table: Table): Context | undefined {
  const brought = carried(request.headers, configuration.header);
  if (brought || configuration.gateway) return brought;
  const held = table.lane(traceIds(request.headers, configuration.traceIds), request.now);
  if (held !== undefined) return {lane: held, carrier: "trace"};
  return configuration.lane === undefined ? undefined : {lane: configuration.lane, carrier: "pod"};
}

function inMesh(configuration: Outbound, cluster: Cluster | undefined): boolean {
  if (!cluster || !configuration.clusters.some((prefix) => cluster.name.startsWith(prefix))) return false;
  if (configuration.egress.includes(cluster.name.split("|").at(-1) ?? "")) return false;
  return cluster.external === undefined || cluster.external === false;
}

/** A header that gives no context goes: the route would look at it too. */
function restored(
  configuration: Outbound,
  headers: readonly Header[],
  context: Context | undefined,
): readonly Header[] {
  if (!context) return without(headers, configuration.header);
  const mended = namesAnother(headers, context.lane) ? withMember(headers, context.lane) : headers;
  return withHeader(mended, configuration.header, context.lane);
}

function namesAnother(headers: readonly Header[], lane: string): boolean {
  return members(values(headers, "baggage")).some((member) => isOurs(member) && laneOf(member) !== lane);
}
