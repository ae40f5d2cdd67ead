import {fnv1a64, mix64} from "./hash.ts";
import {values, type Header} from "./request.ts";

/** The trace headers, in the order of `docs/filter-configuration.md`. */
export const TRACE_HEADERS = [
  "traceparent",
  "b3",
  "x-b3-traceid",
  "x-request-id",
  "sw8",
  "uber-trace-id",
  "x-datadog-trace-id",
  "x-amzn-trace-id",
  "x-cloud-trace-context",
] as const;

export type TraceHeader = (typeof TRACE_HEADERS)[number];

/**
 * The trace id in a header's value with its kind in front, or undefined where it holds none. Ids in hexadecimal are the
 * same id in whatever header they travel: 32 lower-case digits, zeros put in front, never all zero.
 */
export function traceId(header: TraceHeader, value: string): string | undefined {
  return readers[header](value);
}

/** The slot of a trace table of `slots` (a power of two) that an id of `traceId` comes to. */
export function slotOf(id: string, slots = 65_536): number {
  const colon = id.indexOf(":");
  const kind = kinds.indexOf(id.slice(0, colon)) + 1;
  return Number(mix64(fnv1a64(String.fromCharCode(kind) + id.slice(colon + 1))) & BigInt(slots - 1));
}

/** In the order of the bytes that stand before an id in the table. */
const kinds = ["hex", "request", "sw8", "datadog"];

type Reader = (value: string) => string | undefined;

const readers: Record<TraceHeader, Reader> = {
  traceparent: (value) => {
    const found = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/is.exec(value);
    if (!found || found[1]?.toLowerCase() === "ff") return undefined;
    if (found[1] === "00" && found[4] !== undefined) return undefined;
    return hexadecimal(found[2]);
  },
  b3: (value) => hexadecimal(/^([0-9a-f]{32}|[0-9a-f]{16})-/i.exec(value)?.[1]),
  "x-b3-traceid": (value) => hexadecimal(/^([0-9a-f]{32}|[0-9a-f]{16})$/i.exec(value)?.[1]),
  "x-request-id": (value) => {
    if (!/^[!-~]{1,128}$/.test(value)) return undefined;
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value);
    return `request:${uuid ? `${value.slice(0, 14)}*${value.slice(15)}` : value}`;
  },
  sw8: (value) => named("sw8", /^[^-]*-([0-9A-Za-z+/=]{1,128})-/.exec(value)?.[1]),
  "uber-trace-id": (value) => hexadecimal(/^([0-9a-f]{1,32}):/i.exec(value)?.[1]),
  "x-datadog-trace-id": (value) => named("datadog", /^(?!0+$)[0-9]{1,20}$/.exec(value)?.[0]),
  "x-amzn-trace-id": (value) => {
    const root = value.split(";").find((part) => part.startsWith("Root="));
    const found = /^Root=1-([0-9a-f]{8})-([0-9a-f]{24})$/i.exec(root ?? "");
    return found ? hexadecimal(`${found[1]}${found[2]}`) : undefined;
  },
  "x-cloud-trace-context": (value) => hexadecimal(/^([0-9a-f]{32})(\/|$)/i.exec(value)?.[1]),
};

function hexadecimal(digits: string | undefined): string | undefined {
  if (digits === undefined || /^0+$/.test(digits)) return undefined;
  return named("hex", digits.toLowerCase().padStart(32, "0"));
}

function named(kind: string, id: string | undefined): string | undefined {
  return id === undefined ? undefined : `${kind}:${id}`;
}

/** Every different id that the request carries in the chosen headers. */
export function traceIds(headers: readonly Header[], chosen: readonly TraceHeader[]): string[] {
  const found = chosen.flatMap((name) => {
    const value = values(headers, name)[0];
    return value === undefined ? [] : (traceId(name, value) ?? []);
  });
  return [...new Set(found)];
}
