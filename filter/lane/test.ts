/**
 * The pure part, compiled alone (filter/build/lane-test.wasm) so that tests can drive each function. It imports nothing.
 *
 * Raw interface: the exports take and give numbers; bytes are an address and a length in the exported `memory`.
 * - `reset()` empties the input area and forgets headers, complaint and scratch; `input(n)` answers the address of n
 *   bytes of it (0: full; it holds 4 MiB), to be filled by the test. Views of `memory` may detach: take them anew.
 * - Functions that give bytes answer a length or a state and leave the bytes at `resultAt()`, `resultLength()` long,
 *   until the next call.
 * - States of a carrier: 0 absent, 1 good, 2 bad (malformed, or repeated with different values). Booleans are 0 or 1.
 * - Headers: `headers(at, length)` takes pairs in the ABI's serialized form.
 */

import {ADDRESS, cidrHas, CIDR, readAddress, readCidr, readPeer} from "./address";
import {appendMember, copyOthers, memberAt, memberLength, MEMBER_MAX, readMember} from "./baggage";
import {laneAt, laneLength, readBaggage, readLaneHeader} from "./carriers";
import {clearComplaint, complaintAt, complaintLength, complainNumber} from "./complaint";
import {Condition, holds, startConditions, tellAddress, tellTime} from "./condition";
import {readCondition} from "./condition-reader";
import {decide, decidedAt, decidedLength, issuedBy, startDecision, tellKey} from "./decide";
import {EdgeConfiguration} from "./edge-configuration";
import {readEdge} from "./edge-reader";
import {bucketOf, fnv, fnvStart, mix, seedOf} from "./hash";
import {isHostPattern, matchesHost, overlaps} from "./hosts";
import {readInbound} from "./inbound-configuration";
import {countEntries, parseJson, wholeNumber} from "./json";
import {isLaneName} from "./name";
import {readOutbound} from "./outbound-configuration";
import {closePairs, findHeader, headerAt, headerLength, openPairs} from "./pairs";
import {findCookie, findHost, findQuery, findUri, foundAt, foundLength} from "./parameters";
import {resetScratch, takeScratch} from "./scratch";
import {readTraceId, traceHeader} from "./trace-ids";
import {flatStart, startWriting} from "./writer";

const INPUT: u32 = 4 * 1024 * 1024;
const TAPE_ENTRIES: u32 = 256 * 1024;
const FLAT: u32 = 8 * 1024 * 1024;

const inputs: usize = memory.data(4 * 1024 * 1024, 8);
const tape: usize = memory.data(4 * 1024 * 1024, 8);
const flat: usize = memory.data(8 * 1024 * 1024, 8);
const address: usize = memory.data(16, 8);
const id: usize = memory.data(256);
let used: u32 = 0;
let bytesAt: usize = 0;
let bytesLength: u32 = 0;

function give(at: usize, length: u32): u32 {
  bytesAt = at;
  bytesLength = length;
  return length;
}

export function reset(): void {
  used = 0;
  closePairs();
  clearComplaint();
  resetScratch();
  give(0, 0);
}

export function input(length: u32): usize {
  if (length > INPUT - used) return 0;
  const at = inputs + used;
  used += (length + 7) & ~7;
  return at;
}

export function resultAt(): usize {
  return bytesAt;
}

export function resultLength(): u32 {
  return bytesLength;
}

/** Whether it is a lane's name. */
export function laneName(at: usize, length: u32): u32 {
  return isLaneName(at, length) ? 1 : 0;
}

/** FNV-1a-64 of the bytes. */
export function fnv64(at: usize, length: u32): u64 {
  return fnv(fnvStart(), at, length);
}

/** The sticky hash of a key in a group, as docs/filter-configuration.md has it. */
export function stickyHash(group: usize, groupLength: u32, key: usize, keyLength: u32): u64 {
  return mix(fnv(seedOf(group, groupLength), key, keyLength));
}

/** Its bucket, 0..9999. */
export function stickyBucket(group: usize, groupLength: u32, key: usize, keyLength: u32): u32 {
  return bucketOf(seedOf(group, groupLength), key, keyLength);
}

/** The state of our member in a (comma-joined) baggage; the result is its lane. */
export function baggageMember(at: usize, length: u32): u32 {
  const state = readMember(at, length);
  give(memberAt, state == 1 ? memberLength : 0);
  return state;
}

/** The members of others. */
export function baggageOthers(at: usize, length: u32): u32 {
  const out = takeScratch(length + MEMBER_MAX);
  return out ? give(out, copyOthers(at, length, out)) : give(0, 0);
}

/** The members of others and ours, where W3C's limits have room for it. */
export function baggageMerged(at: usize, length: u32, lane: usize, laneLength: u32): u32 {
  const out = takeScratch(length + MEMBER_MAX);
  return out ? give(out, appendMember(out, copyOthers(at, length, out), lane, laneLength)) : give(0, 0);
}

/** The kind byte (1 hexadecimal, 2 request id, 3 sw8, 4 datadog) and the id of a trace header's value; 0: none. */
export function traceId(name: usize, nameLength: u32, at: usize, length: u32): u32 {
  const header = traceHeader(name, nameLength);
  return give(id, header < 0 ? 0 : readTraceId(header, at, length, id));
}

/** Takes the request's headers; 0 when they are not well formed. */
export function headers(at: usize, length: u32): u32 {
  return openPairs(at, length) ? 1 : 0;
}

/** How often a header is there; the result is its comma-joined value. */
export function headerValue(name: usize, length: u32): u32 {
  const times = findHeader(name, length);
  give(headerAt, times ? headerLength : 0);
  return times;
}

/** The state of a header that names a lane; the result is the lane. */
export function laneHeader(name: usize, length: u32): u32 {
  const state = readLaneHeader(name, length);
  give(laneAt, state == 1 ? laneLength : 0);
  return state;
}

/** The state of our member in baggage headers of that name; the result is the lane. */
export function baggageHeader(name: usize, length: u32): u32 {
  const state = readBaggage(name, length);
  give(memberAt, state == 1 ? memberLength : 0);
  return state;
}

/** Whether the request has the cookie; the result is its value. The same for the next three. */
export function cookie(name: usize, length: u32): u32 {
  return present(findCookie(name, length));
}

export function query(name: usize, length: u32): u32 {
  return present(findQuery(name, length));
}

export function uri(): u32 {
  return present(findUri());
}

export function host(): u32 {
  return present(findHost());
}

function present(there: bool): u32 {
  give(foundAt, there ? foundLength : 0);
  return there ? 1 : 0;
}

/** Whether a CIDR has an address: 0 or 1, 2: no CIDR, 3: no address. */
export function cidr(at: usize, length: u32, ip: usize, ipLength: u32): u32 {
  const range = takeScratch(CIDR + ADDRESS);
  if (!readCidr(at, length, range)) return 2;
  if (!readAddress(ip, ipLength, range + CIDR)) return 3;
  return cidrHas(range, range + CIDR) ? 1 : 0;
}

/** Whether it is a host pattern; whether a pattern matches a host; whether two patterns have a host in common. */
export function hostPattern(at: usize, length: u32): u32 {
  return isHostPattern(at, length) ? 1 : 0;
}

export function hostMatches(pattern: usize, patternLength: u32, at: usize, length: u32): u32 {
  return matchesHost(pattern, patternLength, at, length) ? 1 : 0;
}

export function hostOverlaps(a: usize, aLength: u32, b: usize, bLength: u32): u32 {
  return overlaps(a, aLength, b, bLength) ? 1 : 0;
}

/** -1 when it is JSON, else the byte at which it is not. Strings are decoded in place. */
export function json(at: usize, length: u32): i32 {
  const entries = countEntries(at, length);
  return entries > TAPE_ENTRIES ? <i32>length : parseJson(at, length, tape, entries);
}

/** The value of JSON that is one whole number, -1 when it is none. */
export function jsonNumber(at: usize, length: u32): i64 {
  return json(at, length) < 0 ? wholeNumber(0) : -1;
}

/** Reads JSON that is a condition: its address for `conditionHolds`, 0 when it is refused; the result is the complaint. */
export function condition(at: usize, length: u32): usize {
  if (!parsed(at, length)) return 0;
  const read = readCondition(0, 1);
  give(complaintAt(), complaintLength());
  return read;
}

/**
 * Whether the request fulfils a condition. `source` is `source.address` (no bytes: not known), then region, zone, and the
 * time in seconds.
 */
export function conditionHolds(
  at: usize,
  source: usize,
  sourceLength: u32,
  region: usize,
  regionLength: u32,
  zone: usize,
  zoneLength: u32,
  seconds: u64,
): u32 {
  startConditions(region, regionLength, zone, zoneLength);
  tellAddress(sourceLength && readPeer(source, sourceLength, address) ? address : 0);
  tellTime(seconds);
  return holds(changetype<Condition>(at)) ? 1 : 0;
}

/** Reads a configuration: 1 accepted, 0 refused; the result is the complaint. */
export function inboundConfiguration(at: usize, length: u32): u32 {
  return complained(parsed(at, length) && readInbound());
}

export function outboundConfiguration(at: usize, length: u32): u32 {
  return complained(parsed(at, length) && readOutbound());
}

export function edgeConfiguration(at: usize, length: u32, issues: u32): u32 {
  return complained(parsed(at, length) && readEdge(issues != 0));
}

/**
 * What the edge whose configuration was accepted last decides for the request: the result is the lane. 1 when the sticky
 * cookie is issued, with that key.
 */
export function edgeDecides(source: usize, sourceLength: u32, seconds: u64, key: usize, keyLength: u32): u32 {
  const edge = changetype<EdgeConfiguration>(flatStart());
  startDecision(edge);
  tellAddress(sourceLength && readPeer(source, sourceLength, address) ? address : 0);
  tellTime(seconds);
  tellKey(key, keyLength);
  decide(edge);
  give(decidedAt, decidedLength);
  return issuedBy ? 1 : 0;
}

function parsed(at: usize, length: u32): bool {
  clearComplaint();
  const wrong = json(at, length);
  startWriting(flat, FLAT);
  if (wrong < 0) return true;
  complainNumber(text("is not JSON at byte "), wrong);
  give(complaintAt(), complaintLength());
  return false;
}

function complained(accepted: bool): u32 {
  give(complaintAt(), accepted ? 0 : complaintLength());
  return accepted ? 1 : 0;
}
