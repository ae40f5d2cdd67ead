import type {JsonObject} from "./filter-config.ts";

/**
 * Set by the callee's proxy on a reply of its own when it could not reach its application: the request was not sent, so the
 * caller's proxy may send it elsewhere whatever its method (docs/decisions/0004). Applications never see it.
 */
export const UNREACHED = "x-swimlane-unreached";

/** Of a connection manager's `local_reply_config`: a connection that failed before the request was sent (UF) is told to the caller's proxy. */
export const applicationUnreached: JsonObject = {
  filter: {response_flag_filter: {flags: ["UF"]}},
  headers_to_add: [{header: {key: UNREACHED, value: "1"}, append_action: "OVERWRITE_IF_EXISTS_OR_ADD"}],
};
