/**
 * The member `swimlane` of a W3C baggage. Members of others are kept byte for byte, in their order; ours is written last.
 * Several headers of that name are given comma-joined.
 */

import {find, isText, same, skipBlanks, textAt, textLength, trimBlanks} from "./bytes";
import {isLaneName} from "./name";
import {ABSENT, BAD, GOOD} from "./state";

/** Limits of W3C baggage: bytes and members that every platform must forward. */
const MAX_BYTES: u32 = 8192;
const MAX_MEMBERS: u32 = 64;

const KEY = text("swimlane");
const MEMBER = text("swimlane=");

/** The lane that the last `GOOD` member named. */
export let memberAt: usize = 0;
export let memberLength: u32 = 0;

let valueAt: usize = 0;
let valueLength: u32 = 0;

/** `ABSENT`, `GOOD`, or `BAD`: no lane name, or members that differ. */
export function readMember(at: usize, length: u32): u32 {
  const end = at + length;
  let state = ABSENT;
  for (let from = at; from <= end;) {
    const to = find(from, end, 0x2c);
    if (isOurs(from, to)) {
      if (state == ABSENT) {
        state = isLaneName(valueAt, valueLength) ? GOOD : BAD;
        memberAt = valueAt;
        memberLength = valueLength;
      } else if (!same(memberAt, memberLength, valueAt, valueLength)) {
        state = BAD;
      }
    }
    from = to + 1;
  }
  return state;
}

/**
 * Writes the members of others, without the blanks around them, to `out`, which has room for `length` bytes; answers how
 * many it wrote.
 */
export function copyOthers(at: usize, length: u32, out: usize): u32 {
  const end = at + length;
  let to = out;
  for (let from = at; from <= end;) {
    const next = find(from, end, 0x2c);
    const start = skipBlanks(from, next);
    if (start < next && !isOurs(start, next)) {
      if (to != out) store<u8>(to++, 0x2c);
      const size = trimBlanks(start, next) - start;
      memory.copy(to, start, size);
      to += size;
    }
    from = next + 1;
  }
  return <u32>(to - out);
}

/** Bytes that `appendMember` may add. */
export const MEMBER_MAX: u32 = 73;

/**
 * Appends our member to the members of others, `length` bytes at `out` with room for `MEMBER_MAX` more. Answers the new
 * length: the same when W3C's limits leave no room for it.
 */
export function appendMember(out: usize, length: u32, lane: usize, laneLength: u32): u32 {
  const comma: u32 = length ? 1 : 0;
  const total = length + comma + textLength(MEMBER) + laneLength;
  if (total > MAX_BYTES || countMembers(out, length) >= MAX_MEMBERS) return length;
  let to = out + length;
  if (comma) store<u8>(to++, 0x2c);
  memory.copy(to, textAt(MEMBER), textLength(MEMBER));
  memory.copy(to + textLength(MEMBER), lane, laneLength);
  return total;
}

function countMembers(at: usize, length: u32): u32 {
  const end = at + length;
  let members: u32 = 0;
  if (!length) return 0;
  for (let from = at; from <= end;) {
    members++;
    from = find(from, end, 0x2c) + 1;
  }
  return members;
}

/** Whether the list member in [from, to) has our key; then its value is kept, without blanks and properties. */
function isOurs(from: usize, to: usize): bool {
  const start = skipBlanks(from, to);
  const properties = find(start, to, 0x3b);
  const equals = find(start, properties, 0x3d);
  if (!isText(start, <u32>(trimBlanks(start, equals) - start), KEY)) return false;
  valueAt = equals < properties ? skipBlanks(equals + 1, properties) : properties;
  valueLength = <u32>(trimBlanks(valueAt, properties) - valueAt);
  return true;
}
