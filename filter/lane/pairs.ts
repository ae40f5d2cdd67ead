/**
 * The request's headers, as the ABI serializes them: their number (u32), the lengths of each name and value (u32, u32),
 * then each name and value with a zero byte behind it. One request at a time; the walk has one position.
 */

import {equal} from "./bytes";
import {takeScratch} from "./scratch";

let count: u32 = 0;
let lengths: usize = 0;
let bytes: usize = 0;
let index: u32 = 0;
let position: usize = 0;

/** The pair at which the walk is. */
export let nameAt: usize = 0;
export let nameLength: u32 = 0;
export let valueAt: usize = 0;
export let valueLength: u32 = 0;

/**
 * Takes a request's headers; `size` 0 is a request without any. False, and none, when the lengths do not lie inside the
 * `size` bytes.
 */
export function openPairs(at: usize, size: u32): bool {
  count = 0;
  if (size < 4) return size == 0;
  const pairs = load<u32>(at);
  if (pairs > (size - 4) >> 3) return false;
  let total: u64 = 4 + ((<u64>pairs) << 3);
  for (let i: u32 = 0; i < pairs << 1; i++) total += <u64>load<u32>(at + 4 + (i << 2)) + 1;
  if (total > <u64>size) return false;
  count = pairs;
  lengths = at + 4;
  bytes = lengths + (pairs << 3);
  rewind();
  return true;
}

/** Forgets the request's headers. */
export function closePairs(): void {
  count = 0;
}

/** Puts the walk before the first pair. */
export function rewind(): void {
  index = 0;
  position = bytes;
}

/** Goes to the next pair of that name; false when there is none. */
export function nextNamed(at: usize, length: u32): bool {
  let from = position;
  for (let i = index; i < count; i++) {
    const ofName = load<u32>(lengths + (i << 3));
    const ofValue = load<u32>(lengths + (i << 3), 4);
    if (ofName == length && equal(from, at, length)) return stand(i, from, ofName, ofValue);
    from += ofName + ofValue + 2;
  }
  index = count;
  return false;
}

/** Goes to the next pair whose name has a length, up to 31, out of a set of bits; false when there is none. */
export function nextOfLengths(set: u32): bool {
  let from = position;
  for (let i = index; i < count; i++) {
    const ofName = load<u32>(lengths + (i << 3));
    const ofValue = load<u32>(lengths + (i << 3), 4);
    if (ofName < 32 && (set >> ofName) & 1) return stand(i, from, ofName, ofValue);
    from += ofName + ofValue + 2;
  }
  index = count;
  return false;
}

function stand(pair: u32, from: usize, ofName: u32, ofValue: u32): bool {
  nameAt = from;
  nameLength = ofName;
  valueAt = from + ofName + 1;
  valueLength = ofValue;
  position = from + ofName + ofValue + 2;
  index = pair + 1;
  return true;
}

/** A header's value after `findHeader`. */
export let headerAt: usize = 0;
export let headerLength: u32 = 0;

/**
 * How often the header is there. Its value, comma-joined without a space when it is there more than once, is then at
 * `headerAt`; 0 as well when the joined value has no room.
 */
export function findHeader(at: usize, length: u32): u32 {
  let times: u32 = 0;
  let total: u32 = 0;
  rewind();
  while (nextNamed(at, length)) {
    if (!times) headerAt = valueAt;
    times++;
    total += valueLength + 1;
  }
  if (!times) return 0;
  headerLength = total - 1;
  if (times == 1) return 1;
  return joinHeader(at, length, total) ? times : 0;
}

function joinHeader(at: usize, length: u32, total: u32): bool {
  headerAt = takeScratch(total);
  if (!headerAt) return false;
  let to = headerAt;
  rewind();
  while (nextNamed(at, length)) {
    memory.copy(to, valueAt, valueLength);
    store<u8>(to + valueLength, 0x2c);
    to += valueLength + 1;
  }
  return true;
}
