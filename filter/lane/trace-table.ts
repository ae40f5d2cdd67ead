/**
 * One slot of the trace table: up to `IDS` entries, one behind the other. An entry: expiry (u64, nanoseconds), length of the
 * id (u8), length of the lane (u8, 0: ambiguous), id, lane. What a slot becomes is decided here; where it is kept is not
 * known here.
 */

import {same} from "./bytes";
import {fnv, fnvStart, mix} from "./hash";
import {isLaneName} from "./name";

/** An id is lost when so many newer ones have come to its slot before its request was done. */
const IDS: u32 = 4;
const HEAD: u32 = 10;
const ENTRY_MAX: u32 = HEAD + 129 + 63;
/** The longest slot. */
export const SLOT_MAX: u32 = IDS * ENTRY_MAX;

/** What is found in a slot for an id. */
const NOTHING: u32 = 0;
const AMBIGUOUS: u32 = 1;
export const HELD: u32 = 2;

/** The lane of an entry that is `HELD`. */
export let heldAt: usize = 0;
export let heldLength: u32 = 0;

/** The slot's number of an id, `mask` being the number of slots less one. */
export function slotOf(id: usize, idLength: u32, mask: u32): u32 {
  return (<u32>mix(fnv(fnvStart(), id, idLength))) & mask;
}

/** What the slot knows of the id at that time: `HELD`, `AMBIGUOUS`, or `NOTHING`. */
export function readSlot(slot: usize, length: u32, id: usize, idLength: u32, now: u64): u32 {
  const end = slot + length;
  for (let entry = slot, size = sizeOf(entry, end); size; entry += size, size = sizeOf(entry, end)) {
    if (load<u64>(entry) > now && isOf(entry, id, idLength)) return readEntry(entry);
  }
  return NOTHING;
}

/**
 * What a request makes of its id's slot: writes the new slot to `out` (`SLOT_MAX` bytes) and answers its length, 0 when it
 * stays as it is. `laneLength` 0 is a request without context. An id of another lane, or one that comes without context, is
 * ambiguous until it expires; an id that is seen again is kept longer when half its time is over. In a full slot the new id
 * takes the place of the one that expires first; expired ones leave when the slot is written.
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
  const end = slot + length;
  let to = out;
  let first: usize = 0;
  let others: u32 = 0;
  let found = NOTHING;
  let clash = false;
  for (let entry = slot, size = sizeOf(entry, end); size; entry += size, size = sizeOf(entry, end)) {
    if (load<u64>(entry) <= now) continue;
    if (isOf(entry, id, idLength)) {
      found = readEntry(entry);
      clash = found == HELD && !same(heldAt, heldLength, lane, laneLength);
      if (!clash && load<u64>(entry) - now >= ttl >> 1) return 0;
    } else if (others < IDS) {
      memory.copy(to, entry, size);
      if (!first || load<u64>(to) < load<u64>(first)) first = to;
      to += size;
      others++;
    }
  }
  if (found == NOTHING && !laneLength) return 0;
  if (others == IDS) {
    const size = sizeOf(first, to);
    to -= size;
    memory.copy(first, first + size, to - first);
  }
  return <u32>(writeEntry(to, now + ttl, id, idLength, lane, clash || found == AMBIGUOUS ? 0 : laneLength) - out);
}

/** The entry's size; 0 at the end of its slot, and where there is none that is whole. */
function sizeOf(entry: usize, end: usize): u32 {
  if (entry + HEAD > end) return 0;
  const size = HEAD + load<u8>(entry + 8) + load<u8>(entry + 9);
  return size <= ENTRY_MAX && entry + size <= end ? size : 0;
}

function isOf(entry: usize, id: usize, idLength: u32): bool {
  return same(entry + HEAD, load<u8>(entry + 8), id, idLength);
}

function readEntry(entry: usize): u32 {
  heldAt = entry + HEAD + load<u8>(entry + 8);
  heldLength = load<u8>(entry + 9);
  return heldLength && isLaneName(heldAt, heldLength) ? HELD : AMBIGUOUS;
}

/** A lane of no bytes makes it ambiguous. Answers its end. */
function writeEntry(entry: usize, expiry: u64, id: usize, idLength: u32, lane: usize, laneLength: u32): usize {
  store<u64>(entry, expiry);
  store<u8>(entry + 8, <u8>idLength);
  store<u8>(entry + 9, <u8>laneLength);
  memory.copy(entry + HEAD, id, idLength);
  memory.copy(entry + HEAD + idLength, lane, laneLength);
  return entry + HEAD + idLength + laneLength;
}
