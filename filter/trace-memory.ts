/** The trace table in shared data: inbound and outbound may run on different workers. */

import {CAS_MISMATCH} from "./host/abi";
import {resultLength, resultPointer} from "./host/result";
import {getShared, setShared, sharedCas} from "./host/shared-data";
import {same, textAt, textLength} from "./lane/bytes";
import {Common} from "./lane/common";
import {nameAt, nameLength, nextOfLengths, rewind, valueAt, valueLength} from "./lane/pairs";
import {readTraceId, TRACE_LENGTHS, traceHeader} from "./lane/trace-ids";
import {changeSlot, HELD, heldAt, heldLength, readSlot, SLOT_MAX, slotOf} from "./lane/trace-table";
import {now} from "./seen";

const PREFIX = text("meshlane.trace.");
const KEY_LENGTH: u32 = 19;

const key: usize = memory.data(20);
const id: usize = memory.data(129);
const slot: usize = memory.data(SLOT_MAX);
const found: usize = memory.data(63);
let foundLength: u32 = 0;
let headersLeft: u32 = 0;

/** The lane that `recall` found. */
export function recalledAt(): usize {
  return found;
}

export function recalledLength(): u32 {
  return foundLength;
}

/** Remembers each trace id of the request as the lane's; with `length` 0, as one that came without context. */
export function remember(configuration: Common, lane: usize, length: u32): void {
  startIds(configuration);
  for (let idLength = nextId(); idLength; idLength = nextId()) {
    setKey(idLength, configuration.slotMask);
    if (!change(idLength, lane, length, configuration.ttl)) change(idLength, lane, length, configuration.ttl);
  }
}

/** Whether the trace ids of the request are held for one lane, and not for two. */
export function recall(configuration: Common): bool {
  foundLength = 0;
  startIds(configuration);
  for (let idLength = nextId(); idLength; idLength = nextId()) {
    setKey(idLength, configuration.slotMask);
    if (!getShared(key, KEY_LENGTH)) continue;
    if (readSlot(resultPointer(), resultLength(), id, idLength, now()) != HELD) continue;
    if (!foundLength) {
      foundLength = heldLength;
      memory.copy(found, heldAt, heldLength);
    } else if (!same(found, foundLength, heldAt, heldLength)) {
      foundLength = 0;
      return false;
    }
  }
  return foundLength != 0;
}

function startIds(configuration: Common): void {
  headersLeft = configuration.traceIds;
  rewind();
}

/** The next trace id of the request, from the first header of each name, at `id`; 0 when there is no more. */
function nextId(): u32 {
  while (headersLeft && nextOfLengths(TRACE_LENGTHS)) {
    const header = traceHeader(nameAt, nameLength);
    if (header < 0 || !(headersLeft & (1 << header))) continue;
    headersLeft &= ~(1 << header);
    const length = readTraceId(header, valueAt, valueLength, id);
    if (length) return length;
  }
  return 0;
}

function setKey(idLength: u32, mask: u32): void {
  memory.copy(key, textAt(PREFIX), textLength(PREFIX));
  store<u32>(key + textLength(PREFIX), slotOf(id, idLength, mask));
}

/** False when another worker changed the slot in between. */
function change(idLength: u32, lane: usize, laneLength: u32, ttl: u64): bool {
  const there = getShared(key, KEY_LENGTH);
  const at = there ? resultPointer() : 0;
  const size = there ? resultLength() : 0;
  const cas = there ? sharedCas() : 0;
  const length = changeSlot(at, size, id, idLength, lane, laneLength, now(), ttl, slot);
  return !length || setShared(key, KEY_LENGTH, slot, length, cas) != CAS_MISMATCH;
}
