import {withoutMember} from "./baggage.ts";
import {carried} from "./context.ts";
import {hasLabels, type Labels} from "./pod.ts";
import {without, type Header, type Request} from "./request.ts";
import type {Table} from "./table.ts";
import {traceIds, type TraceHeader} from "./trace-ids.ts";

/** Fields of every module, with their defaults filled in. */
export interface Common {
  header: string;
  traceIds: readonly TraceHeader[];
}

export interface Inbound extends Common {
  plainText: boolean;
  except?: readonly Labels[] | undefined;
}

/** Removes the header and the baggage member. */
export function stripped(headers: readonly Header[], header: string): readonly Header[] {
  return withoutMember(without(headers, header));
}

/** Remembers what the request brings to that pod; returns its headers afterwards. */
export function inbound(configuration: Inbound, request: Request, table: Table, pod: Labels): readonly Header[] {
  if (configuration.except?.some((labels) => hasLabels(pod, labels))) return request.headers;
  const ofMesh = configuration.plainText || request.mtls === true;
  const headers = ofMesh ? request.headers : stripped(request.headers, configuration.header);
  const context = carried(headers, configuration.header);
  table.arrive(traceIds(headers, configuration.traceIds), context?.lane, request.now);
  return headers;
}
