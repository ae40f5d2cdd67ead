import type {Labels} from "../../compile/plan.ts";
import type {Json, JsonObject} from "../filter-config.ts";
import {nativeStrip} from "../native-strip.ts";
import {UNREACHED} from "../unreached.ts";
import {CONTEXT} from "../../model/context.ts";
import {podsName} from "./pod-names.ts";
import type {IstioObject} from "./options.ts";
import {ownObject} from "./own-object.ts";
import {workloadTargetOf} from "./plugins.ts";

const MANAGER = "envoy.filters.network.http_connection_manager";
const MANAGER_TYPE =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** Before patches of others: what they add to the context afterwards is meant. */
const FIRST = -100;

/**
 * The gateway itself, before any filter runs, moves what the client sent as context to where the edge reads what is asked for:
 * a filter that is away lets nothing in. What the mesh's proxies tell each other on replies stays inside.
 */
export function gatewayStrip(namespace: string, selector: Labels): IstioObject {
  const name = podsName("edge", selector);
  const patch = managerPatch("GATEWAY", {}, {early_header_mutation_extensions: [nativeStrip(CONTEXT)]});
  const configPatches = [patch, withoutUnreached("GATEWAY")];
  return ownObject(
    "EnvoyFilter",
    {part: "edge", namespace, name},
    {...workloadTargetOf(selector), priority: FIRST, configPatches},
  );
}

/**
 * On an entry service's pods a peer that is not of the mesh has the address that it connects from, not the one in an
 * x-forwarded-for of its own. Peers by mTLS come in by other filter chains and keep what they tell.
 */
export function ownAddress(namespace: string, name: string, selector: Labels): IstioObject {
  const settings = {use_remote_address: true, skip_xff_append: true, preserve_external_request_id: true};
  const patch = managerPatch("SIDECAR_INBOUND", {transportProtocol: "raw_buffer"}, settings);
  return ownObject(
    "EnvoyFilter",
    {part: "edge", namespace, name},
    {...workloadTargetOf(selector), configPatches: [patch]},
  );
}

/** Takes off replies what a proxy said of its application; when a request is repeated that has been read before. */
export function withoutUnreached(context: string): JsonObject {
  return {
    applyTo: "ROUTE_CONFIGURATION",
    match: {context},
    patch: {operation: "MERGE", value: {response_headers_to_remove: [UNREACHED]}},
  };
}

/** Settings merged into the HTTP connection managers of a context. */
export function managerPatch(
  context: string,
  chain: JsonObject,
  settings: {readonly [field: string]: Json},
): JsonObject {
  return {
    applyTo: "NETWORK_FILTER",
    match: {context, listener: {filterChain: {...chain, filter: {name: MANAGER}}}},
    patch: {operation: "MERGE", value: {name: MANAGER, typed_config: {"@type": MANAGER_TYPE, ...settings}}},
  };
}
