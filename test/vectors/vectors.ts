import {readFileSync, writeFileSync} from "node:fs";
import {format, resolveConfig} from "prettier";
import type {Condition} from "../reference/conditions.ts";
import type {Group} from "../reference/edge.ts";
import {bucket, stickyHash} from "../reference/hash.ts";
import type {Request} from "../reference/request.ts";
import type {TraceHeader} from "../reference/trace-ids.ts";

/** Text, or bytes that are no text. */
type Bytes = string | {hex: string};

interface Files {
  hash: {
    about: string;
    fnv: {text: Bytes; hash: string}[];
    sticky: {group: string; key: Bytes; hash: string; bucket: number}[];
  };
  buckets: {cases: {name: string; buckets: Group["buckets"]; bucket: number; lane: string | null}[]};
  baggage: {cases: {name: string; lines: Bytes[]; lane: string | null; others: Bytes[]}[]};
  "trace-ids": {cases: {header: TraceHeader; value: Bytes; id: string | null}[]};
  conditions: {cases: {name: string; condition: Condition; request: RawRequest; holds: boolean}[]};
}

type RawRequest = Omit<Request, "headers" | "source"> & {headers: [string, Bytes][]; source: string | null};

const place = (name: string): URL => new URL(`${name}.json`, import.meta.url);

/** A file of golden vectors. */
export function vectors<Name extends keyof Files>(name: Name): Files[Name] {
  return JSON.parse(readFileSync(place(name), "utf8")) as Files[Name];
}

/** A byte string: one character a byte. */
export function bytes(value: Bytes): string {
  return typeof value === "string"
    ? Buffer.from(value, "utf8").toString("latin1")
    : Buffer.from(value.hex, "hex").toString("latin1");
}

export function request(raw: RawRequest): Request {
  const headers = raw.headers.map(([name, value]) => [name, bytes(value)] as const);
  return {...raw, source: raw.source ?? undefined, headers};
}

export const hex = (value: bigint): string => value.toString(16).padStart(16, "0");

/** Writes the expectations that the reference computes: `UPDATE_VECTORS=1`. All others are reasoned by hand. */
export async function update(): Promise<void> {
  const file = vectors("hash");
  const sticky = file.sticky.map(({group, key}) => ({
    group,
    key,
    hash: hex(stickyHash(group, bytes(key))),
    bucket: bucket(group, bytes(key)),
  }));
  const options = await resolveConfig(place("hash").pathname);
  writeFileSync(place("hash"), await format(JSON.stringify({...file, sticky}), {...options, parser: "json"}));
}
