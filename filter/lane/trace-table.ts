/**
 * One slot of the trace table: expiry (u64, nanoseconds), length of the id (u8), length of the lane (u8, 0: ambiguous),
 * id, lane. What a slot becomes is decided here; where it is kept is not known here.
 */

import {same} from "./bytes";
import {fnv, fnvStart, mix} from "./hash";
import {isLaneName} from "./name";

const HEAD: u32 = 10;

/** The longest slot. */
export const SLOT_MAX: u32 = 10 + 129 + 63;

/** What is found in a slot for an id. */
const OTHER: u32 = 0;
const AMBIGUOUS: u32 = 1;
export const HELD: u32 = 2;

/** The lane of a slot that is `HELD`. */
export let heldAt: usize = 0;
export let heldLength: u32 = 0;

/** The slot's number of an id, `mask` being the number of slots less one. */
export function slotOf(id: usize, idLength: u32, mask: u32): u32 {
  return (<u32>mix(fnv(fnvStart(), id, idLength))) & mask;
}

/** What the slot knows of the id at that time: `HELD`, `AMBIGUOUS`, or `OTHER` (nothing, expired, another id). */
export function readSlot(slot: usize, length: u32, id: usize, idLength: u32, now: u64): u32 {
  if (length < HEAD || load<u64>(slot) <= now) return OTHER;
  const laneLength = <u32>load<u8>(slot + 9);
  if (length != HEAD + load<u8>(slot + 8) + laneLength) return OTHER;
  if (!same(slot + HEAD, load<u8>(slot + 8), id, idLength)) return OTHER;
  if (!laneLength) return AMBIGUOUS;
  heldAt = slot + HEAD + idLength;
  heldLength = laneLength;
  return isLaneName(heldAt, heldLength) ? HELD : AMBIGUOUS;
}

/** Writes a slot to `out` (`SLOT_MAX` bytes); its length. A lane of no bytes makes it ambiguous. */
function writeSlot(out: usize, expiry: u64, id: usize, idLength: u32, lane: usize, laneLength: u32): u32 {
  store<u64>(out, expiry);
  store<u8>(out + 8, <u8>idLength);
  store<u8>(out + 9, <u8>laneLength);
  memory.copy(out + HEAD, id, idLength);
  memory.copy(out + HEAD + idLength, lane, laneLength);
  return HEAD + idLength + laneLength;
}

/**
 * What a request makes of its id's slot: writes the new slot to `out` and answers its length, 0 when it stays as it is.
 * `laneLength` 0 is a request without context. An id of another lane, or one that comes without context, is ambiguous until
 * it expires; of two ids in one slot the newer wins; an id that is seen again is kept longer when half its time is over.
 */
export function changeSlot(
  slot: usize,
  length: u32,
  id: usize,
  idLength: u32,
  lane: usize,
  laneLength: u32,
  now: u64,
  ttl: u64,
  out: usize,
): u32 {
  const found = readSlot(slot, length, id, idLength, now);
  if (found == OTHER && !laneLength) return 0;
  const clash = found == HELD && !same(heldAt, heldLength, lane, laneLength);
  if (found != OTHER && !clash && load<u64>(slot) - now >= ttl >> 1) return 0;
  return writeSlot(out, now + ttl, id, idLength, lane, clash || found == AMBIGUOUS ? 0 : laneLength);
}
