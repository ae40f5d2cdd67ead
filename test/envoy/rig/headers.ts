import {randomBytes, randomUUID} from "node:crypto";

/** A header as it came over the wire: its name in lower case, and repeated ones each by itself. */
export type Header = readonly [name: string, value: string];

export function pairs(raw: readonly string[]): Header[] {
  return Array.from({length: raw.length / 2}, (_, i) => [raw[2 * i]!.toLowerCase(), raw[2 * i + 1]!] as const);
}

export function values(headers: readonly Header[], name: string): string[] {
  return headers.filter(([each]) => each === name).map(([, value]) => value);
}

/** All values of the two headers that carry the context. */
export function context(headers: readonly Header[]): {lane: string[]; baggage: string[]} {
  return {lane: values(headers, "x-swimlane"), baggage: values(headers, "baggage")};
}

export const NO_CONTEXT = {lane: [], baggage: []};

export function lane(name: string): Header {
  return ["x-swimlane", name];
}

export function baggage(value: string): Header {
  return ["baggage", value];
}

/** A trace that nobody has seen yet. */
export function traceparent(): Header {
  return ["traceparent", `00-${hex(16)}-${hex(8)}-00`];
}

export function hex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}

/** One value of each trace header, all of them new. */
export const TRACE_HEADERS: Record<string, () => string> = {
  traceparent: () => traceparent()[1],
  b3: () => `${hex(16)}-${hex(8)}-1`,
  "x-b3-traceid": () => hex(8),
  "x-request-id": () => randomUUID(),
  sw8: () => `1-${randomBytes(15).toString("base64")}-${btoa("segment")}-0-YQ==-YQ==-YQ==-YQ==`,
  "uber-trace-id": () => `${hex(16)}:${hex(8)}:0:1`,
  "x-datadog-trace-id": () => randomBytes(8).readBigUInt64BE().toString(),
  "x-amzn-trace-id": () => `Root=1-${hex(4)}-${hex(12)};Parent=${hex(8)};Sampled=1`,
  "x-cloud-trace-context": () => `${hex(16)}/1;o=1`,
};
