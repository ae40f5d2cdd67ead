/** The edge's configuration in its flat form. */

import {Common} from "./common";
import {Span} from "./span";

@unmanaged
export class EdgeConfiguration extends Common {
  stripped: bool;
  /** An entry service's inbound side: peers of the mesh keep their context. */
  remembers: bool;
  plainText: bool;
  /** `HEADER-asked-baggage`; `HEADER-asked` is its start. */
  askedAt: usize;
  askedLength: u32;
  /** Where the proxy is; of no bytes when it is not known. */
  regionAt: usize;
  regionLength: u32;
  zoneAt: usize;
  zoneLength: u32;
  /** The first group. */
  groups: usize;
}

@unmanaged
export class Group {
  next: usize;
  seed: u64;
  /** Spans of patterns. A group without `hosts` takes the rest. */
  hosts: usize;
  hostCount: u32;
  takesRest: bool;
  /** The first of each list. */
  ask: usize;
  rules: usize;
  sticky: usize;
  /** For each bucket the number of its owner (u16, from 1; 0: baseline); 0 when no lane has a bucket. */
  buckets: usize;
  /** Spans of the owners' lanes. */
  owners: usize;
}

/** Where a caller's wish, or a sticky key, is read. */
export const SOURCES = text("host header cookie query issue");
export const BY_HOST: u32 = 0;
export const BY_HEADER: u32 = 1;
export const BY_COOKIE: u32 = 2;
export const BY_QUERY: u32 = 3;
export const BY_ISSUE: u32 = 4;

/** A way in, or a sticky key (without a grant). */
@unmanaged
export class Way {
  next: usize;
  source: u32;
  /** The name, or the host pattern with a star in the lane's place. */
  nameAt: usize;
  nameLength: u32;
  grant: usize;
}

@unmanaged
export class Rule {
  next: usize;
  laneAt: usize;
  laneLength: u32;
  when: usize;
}

/** Bytes of a bucket table. */
export const BUCKET_TABLE: u32 = 20000;

export function spanOf(at: usize, index: u32): Span {
  return changetype<Span>(at + (index << 3));
}
