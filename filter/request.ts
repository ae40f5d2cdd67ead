/** The request that is being decided: its context carriers and its trace ids, out of one call for all headers. */

import {REQUEST_HEADERS} from "./host/abi";
import {resetArena} from "./host/arena";
import {getPairs, mayHaveHeader, removeHeader, replaceHeader} from "./host/headers";
import {resultLength, resultPointer} from "./host/result";
import {appendMember, copyOthers, MEMBER_MAX} from "./lane/baggage";
import {textAt, textLength} from "./lane/bytes";
import {baggageAt, baggageLength} from "./lane/carriers";
import {Common} from "./lane/common";
import {closePairs, openPairs} from "./lane/pairs";
import {resetScratch, takeScratch} from "./lane/scratch";
import {resetTime} from "./seen";

const BAGGAGE = text("baggage");

export function baggageName(): usize {
  return textAt(BAGGAGE);
}

export function baggageNameLength(): u32 {
  return textLength(BAGGAGE);
}

/** Forgets the request before. */
export function beginRequest(): void {
  resetArena();
  resetScratch();
  resetTime();
  closePairs();
}

/** Whether a header may be there that carries context. A miss costs a fifth of a hit. */
export function mayCarry(configuration: Common): bool {
  if (mayHaveHeader(REQUEST_HEADERS, configuration.headerAt, configuration.headerLength)) return true;
  return mayHaveHeader(REQUEST_HEADERS, textAt(BAGGAGE), textLength(BAGGAGE));
}

/** Takes all headers of the request. False when the host does not give them. */
export function takePairs(): bool {
  return getPairs(REQUEST_HEADERS) && openPairs(resultPointer(), resultLength());
}

export function writeHeader(configuration: Common, lane: usize, length: u32): void {
  replaceHeader(REQUEST_HEADERS, configuration.headerAt, configuration.headerLength, lane, length);
}

export function removeLaneHeader(configuration: Common): void {
  removeHeader(REQUEST_HEADERS, configuration.headerAt, configuration.headerLength);
}

/** Removes whatever may be context of a request whose headers the host does not give. */
export function removeUnseen(configuration: Common): void {
  removeLaneHeader(configuration);
  removeHeader(REQUEST_HEADERS, textAt(BAGGAGE), textLength(BAGGAGE));
}

/** Writes the baggage that was read last with our member naming that lane, or, when `length` is 0, without it. */
export function writeMember(lane: usize, length: u32): void {
  writeBaggage(baggageAt, baggageLength, lane, length);
}

/** Writes the members of others in a baggage, and ours; nothing of it when there is no room to do so. */
export function writeBaggage(at: usize, size: u32, lane: usize, length: u32): void {
  const out = takeScratch(size + MEMBER_MAX);
  let written: u32 = 0;
  if (out) {
    if (size) written = copyOthers(at, size, out);
    if (length) written = appendMember(out, written, lane, length);
  }
  if (written) replaceHeader(REQUEST_HEADERS, textAt(BAGGAGE), textLength(BAGGAGE), out, written);
  else removeHeader(REQUEST_HEADERS, textAt(BAGGAGE), textLength(BAGGAGE));
}
