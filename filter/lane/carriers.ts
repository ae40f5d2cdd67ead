/** What a request's headers bring of a context: a lane header, and our member of a baggage. */

import {readMember} from "./baggage";
import {same} from "./bytes";
import {isLaneName} from "./name";
import {findHeader, headerAt, headerLength, nextNamed, rewind, valueAt, valueLength} from "./pairs";
import {ABSENT, BAD, GOOD} from "./state";

/** The lane that the last `GOOD` header named, and how often the header is there. */
export let laneAt: usize = 0;
export let laneLength: u32 = 0;
export let repeated: u32 = 0;

/** Reads a header that names a lane: `ABSENT`, `GOOD` or `BAD`. Repeated with one and the same value it counts as one. */
export function readLaneHeader(name: usize, length: u32): u32 {
  repeated = 0;
  let equal = true;
  rewind();
  while (nextNamed(name, length)) {
    if (!repeated) {
      laneAt = valueAt;
      laneLength = valueLength;
    } else if (!same(laneAt, laneLength, valueAt, valueLength)) {
      equal = false;
    }
    repeated++;
  }
  if (!repeated) return ABSENT;
  return equal && isLaneName(laneAt, laneLength) ? GOOD : BAD;
}

/** The whole baggage after `readBaggage`, joined when there are several headers of that name. */
export let baggageAt: usize = 0;
export let baggageLength: u32 = 0;

/** Reads a baggage header: `ABSENT`, `GOOD` (the lane is at `memberAt`) or `BAD`. */
export function readBaggage(name: usize, length: u32): u32 {
  baggageLength = 0;
  if (!findHeader(name, length)) return ABSENT;
  baggageAt = headerAt;
  baggageLength = headerLength;
  return readMember(baggageAt, baggageLength);
}
