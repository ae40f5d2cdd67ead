/**
 * Whether this proxy has seen a lane lately. One shared value for all workers and plugins; each worker remembers it, and
 * asks again only when what it remembers is over. An empty value costs least to read: nothing is allocated.
 */

import {getShared, setShared, sharedCas} from "./host/shared-data";
import {resultLength, resultPointer} from "./host/result";
import {currentTime} from "./host/system";
import {textAt, textLength} from "./lane/bytes";

const SEEN = text("meshlane.seen");
const value: usize = memory.data(8, 8);

let seenUntil: u64 = 0;
let timeOfCall: u64 = 0;

/** Starts a request: the time is not known yet. */
export function resetTime(): void {
  timeOfCall = 0;
}

/** The time, asked once a request. */
export function now(): u64 {
  if (!timeOfCall) timeOfCall = currentTime();
  return timeOfCall;
}

export function laneSeen(): bool {
  if (seenUntil && now() < seenUntil) return true;
  seenUntil = readShared();
  if (!seenUntil) return false;
  if (now() < seenUntil) return true;
  seenUntil = 0;
  setShared(textAt(SEEN), textLength(SEEN), value, 0, sharedCas());
  return false;
}

function readShared(): u64 {
  if (!getShared(textAt(SEEN), textLength(SEEN)) || resultLength() != 8) return 0;
  return load<u64>(resultPointer());
}

/** Says that a lane is seen. It is said for half as long again as a trace id is remembered, so that no slot outlives it. */
export function sayLaneSeen(ttl: u64): void {
  const least = now() + ttl;
  if (seenUntil >= least) return;
  seenUntil = max<u64>(readShared(), least + (ttl >> 1));
  store<u64>(value, seenUntil);
  setShared(textAt(SEEN), textLength(SEEN), value, 8, 0);
}
