/** Conditions: the flattened tree and what a request makes of it. */

import {cidrHas} from "./address";
import {contains, endsWith, same, startsWith} from "./bytes";
import {findHeader, headerAt, headerLength} from "./pairs";
import {findCookie, findHost, findQuery, findUri, foundAt, foundLength} from "./parameters";
import {releaseScratch, scratchMark} from "./scratch";
import {Span, SPAN} from "./span";

/** The key of a node, in the order of its kind. */
export const KINDS = text("all any not anyone uri method host region zone header query cookie from time");
export const ALL: u32 = 0;
export const ANY: u32 = 1;
export const NOT: u32 = 2;
export const ANYONE: u32 = 3;
const URI: u32 = 4;
export const METHOD: u32 = 5;
const HOST: u32 = 6;
const REGION: u32 = 7;
const ZONE: u32 = 8;
export const HEADER: u32 = 9;
export const QUERY: u32 = 10;
export const COOKIE: u32 = 11;
export const FROM: u32 = 12;
export const TIME: u32 = 13;

/** The operators, in the order of their number. */
export const OPERATORS = text("exact prefix suffix contains in present");
const PREFIX: u32 = 1;
const SUFFIX: u32 = 2;
const CONTAINS: u32 = 3;
export const IN: u32 = 4;
export const PRESENT: u32 = 5;

@unmanaged
export class Condition {
  kind: u32;
  operator: u32;
  /** Name of the header (`:method` too), parameter or cookie. */
  nameAt: usize;
  nameLength: u32;
  /** Spans to compare with, or CIDRs, or the two ends of a time (u64 seconds). */
  values: usize;
  /** Their number; for `present`, what it must be. */
  count: u32;
  child: usize;
  /** The next one of the same list. */
  next: usize;
}

/** What the deciding proxy and the connection say; set before conditions are asked. */
let regionAt: usize = 0;
let regionLength: u32 = 0;
let zoneAt: usize = 0;
let zoneLength: u32 = 0;
let address: usize = 0;
let seconds: u64 = 0;

/** What a condition asked for and was not told, a bit each: its answer does not count then. */
export const NEEDS_ADDRESS: u32 = 1;
export const NEEDS_TIME: u32 = 2;
export let needs: u32 = 0;

let addressKnown = false;
let timeKnown = false;

/** Starts a request: where the proxy is, and no address and time yet. */
export function startConditions(region: usize, ofRegion: u32, zone: usize, ofZone: u32): void {
  regionAt = region;
  regionLength = ofRegion;
  zoneAt = zone;
  zoneLength = ofZone;
  addressKnown = false;
  timeKnown = false;
  needs = 0;
}

/** The client's address (16 bytes), 0 when it is not known. */
export function tellAddress(at: usize): void {
  address = at;
  addressKnown = true;
  needs = 0;
}

/** The time in seconds since 1970. */
export function tellTime(unixSeconds: u64): void {
  seconds = unixSeconds;
  timeKnown = true;
  needs = 0;
}

/** Whether the request fulfils the condition. The tree's depth is bounded when it is read. */
export function holds(condition: Condition): bool {
  switch (condition.kind) {
    case ALL:
    case ANY:
      return holdsList(condition);
    case NOT:
      return !holds(changetype<Condition>(condition.child));
    case ANYONE:
      return true;
    case FROM:
      return isFrom(condition);
    case TIME:
      return isTime(condition);
  }
  const mark = scratchMark();
  const present = findValue(condition);
  const result = condition.operator == PRESENT ? present == (condition.count != 0) : present && compares(condition);
  releaseScratch(mark);
  return result;
}

/** `all` ends at the first that fails, `any` at the first that holds. */
function holdsList(condition: Condition): bool {
  const any = condition.kind == ANY;
  for (let at = condition.child; at; at = changetype<Condition>(at).next) {
    if (holds(changetype<Condition>(at)) == any) return any;
  }
  return !any;
}

function isFrom(condition: Condition): bool {
  if (!addressKnown) needs |= NEEDS_ADDRESS;
  if (!addressKnown || !address) return false;
  for (let i: u32 = 0; i < condition.count; i++) {
    if (cidrHas(condition.values + i * 20, address)) return true;
  }
  return false;
}

function isTime(condition: Condition): bool {
  if (!timeKnown) needs |= NEEDS_TIME;
  return timeKnown && seconds >= load<u64>(condition.values) && seconds < load<u64>(condition.values, 8);
}

let subjectAt: usize = 0;
let subjectLength: u32 = 0;

function subject(at: usize, length: u32): bool {
  subjectAt = at;
  subjectLength = length;
  return true;
}

/** Whether what the leaf speaks of is there; then it is the subject. */
function findValue(condition: Condition): bool {
  switch (condition.kind) {
    case REGION:
      return regionLength != 0 && subject(regionAt, regionLength);
    case ZONE:
      return zoneLength != 0 && subject(zoneAt, zoneLength);
    case METHOD:
    case HEADER:
      return findHeader(condition.nameAt, condition.nameLength) != 0 && subject(headerAt, headerLength);
  }
  return findParameter(condition) && subject(foundAt, foundLength);
}

function findParameter(condition: Condition): bool {
  switch (condition.kind) {
    case URI:
      return findUri();
    case HOST:
      return findHost();
    case QUERY:
      return findQuery(condition.nameAt, condition.nameLength);
  }
  return findCookie(condition.nameAt, condition.nameLength);
}

function compares(condition: Condition): bool {
  for (let i: u32 = 0; i < condition.count; i++) {
    const span = changetype<Span>(condition.values + i * SPAN);
    if (comparesWith(condition.operator, span.at, span.length)) return true;
  }
  return false;
}

function comparesWith(operator: u32, at: usize, length: u32): bool {
  switch (operator) {
    case PREFIX:
      return startsWith(subjectAt, subjectLength, at, length);
    case SUFFIX:
      return endsWith(subjectAt, subjectLength, at, length);
    case CONTAINS:
      return contains(subjectAt, subjectLength, at, length);
  }
  return same(subjectAt, subjectLength, at, length);
}
