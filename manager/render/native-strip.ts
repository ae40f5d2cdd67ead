import type {JsonObject} from "./filter-config.ts";

/** Members of others may stand in several headers, of which `%REQ()%` would give the first alone. */
const ALL_BAGGAGE = "%CEL('baggage' in request.headers ? request.headers['baggage'] : '')%";

/**
 * An early header mutation, which Envoy does before any filter runs: whatever a client sent as context becomes something that
 * it asks for, so a filter that is away lets nothing in.
 * @param context the context header
 */
export function nativeStrip(context: string): JsonObject {
  const asked = [
    [context, `${context}-asked`, `%REQ(${context})%`],
    ["baggage", `${context}-asked-baggage`, ALL_BAGGAGE],
  ] as const;
  const mutations = [
    ...asked.map(([, to]) => ({remove: to})),
    ...asked.map(([, to, value]) => ({
      append: {header: {key: to, value}, append_action: "OVERWRITE_IF_EXISTS_OR_ADD"},
    })),
    ...asked.map(([from]) => ({remove: from})),
  ];
  return {
    name: "envoy.http.early_header_mutation.header_mutation",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
      mutations,
    },
  };
}
