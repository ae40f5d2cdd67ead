/** The edge decides: it removes what the outside brings, and writes the context that the configuration gives. */

import {OK, REQUEST_HEADERS} from "./host/abi";
import {removeHeader} from "./host/headers";
import {getProperty} from "./host/properties";
import {resultLength, resultPointer} from "./host/result";
import {randomBytes} from "./host/system";
import {readPeer} from "./lane/address";
import {textAt, textLength} from "./lane/bytes";
import {baggageAt, baggageLength, readBaggage, readLaneHeader} from "./lane/carriers";
import {NEEDS_ADDRESS, NEEDS_TIME, tellAddress, tellTime} from "./lane/condition";
import {decide, decidedAt, decidedLength, issuedBy, NEEDS_KEY, startDecision, tellKey} from "./lane/decide";
import {EdgeConfiguration} from "./lane/edge-configuration";
import {BAGGAGE_TAIL} from "./lane/edge-reader";
import {findHeader, headerAt, headerLength} from "./lane/pairs";
import {ABSENT} from "./lane/state";
import {takeScratch} from "./lane/scratch";
import {rememberCarried, rememberLane, rememberNone} from "./memorize";
import {isMeshPeer} from "./peer";
import {
  baggageName,
  baggageNameLength,
  beginRequest,
  removeLaneHeader,
  removeUnseen,
  takePairs,
  writeBaggage,
  writeHeader,
} from "./request";
import {now} from "./seen";

/** Characters of an issued sticky key. */
export const KEY_LENGTH: u32 = 32;

const key: usize = memory.data(32);
const random: usize = memory.data(16, 8);
const address: usize = memory.data(16, 8);

/** The way of the cookie to issue and its key, 0 when none is issued. */
export function issuedCookie(): usize {
  return issuedBy;
}

export function issuedKey(): usize {
  return key;
}

/** Decides a request and writes its context. Answers whether it did: not so for a peer of the mesh. */
export function admit(edge: EdgeConfiguration): bool {
  beginRequest();
  const taken = takePairs();
  if (edge.remembers && (edge.plainText || isMeshPeer())) {
    if (!taken) return false;
    const header = readLaneHeader(edge.headerAt, edge.headerLength);
    rememberCarried(edge, header, readBaggage(baggageName(), baggageNameLength()));
    return false;
  }
  if (!taken) {
    removeUnseen(edge);
    removeAsked(edge, edge.askedLength);
    removeAsked(edge, edge.askedLength - BAGGAGE_TAIL);
    return false;
  }
  startDecision(edge);
  for (let wants = decide(edge); wants; wants = decide(edge)) tell(wants);
  write(edge);
  if (!edge.remembers) return true;
  if (decidedLength) rememberLane(edge, decidedAt, decidedLength);
  else rememberNone(edge);
  return true;
}

/** Gets what the decision needs. Each is told once, also when the host has none of it. */
function tell(wants: u32): void {
  if (wants & NEEDS_ADDRESS) tellAddress(sourceAddress());
  if (wants & NEEDS_TIME) tellTime(now() / 1000000000);
  if (wants & NEEDS_KEY) tellKey(key, makeKey() ? KEY_LENGTH : 0);
}

const SOURCE = text("source\0address");

function sourceAddress(): usize {
  if (getProperty(textAt(SOURCE), textLength(SOURCE)) != OK) return 0;
  return readPeer(resultPointer(), resultLength(), address) ? address : 0;
}

function makeKey(): bool {
  if (!randomBytes(random, KEY_LENGTH >> 1)) return false;
  for (let i: u32 = 0; i < KEY_LENGTH; i++) {
    const digit = (load<u8>(random + (i >> 1)) >> (<u8>((i & 1) << 2))) & 15;
    store<u8>(key + i, digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
  return true;
}

function removeAsked(edge: EdgeConfiguration, length: u32): void {
  removeHeader(REQUEST_HEADERS, edge.askedAt, length);
}

function write(edge: EdgeConfiguration): void {
  if (decidedLength) writeHeader(edge, decidedAt, decidedLength);
  else if (findHeader(edge.headerAt, edge.headerLength)) removeLaneHeader(edge);
  const member = readBaggage(baggageName(), baggageNameLength());
  let at = baggageAt;
  let length = baggageLength;
  let given = false;
  if (edge.stripped) {
    if (findHeader(edge.askedAt, edge.askedLength - BAGGAGE_TAIL)) removeAsked(edge, edge.askedLength - BAGGAGE_TAIL);
    if (findHeader(edge.askedAt, edge.askedLength)) {
      given = true;
      removeAsked(edge, edge.askedLength);
      at = joined(at, length);
      length = at ? length + 1 + headerLength : 0;
    }
  }
  if (decidedLength || given || member != ABSENT) writeBaggage(at, length, decidedAt, decidedLength);
}

/** What stands in the baggage, and behind it what the native strip took from the client. */
function joined(at: usize, length: u32): usize {
  const both = takeScratch(length + 1 + headerLength);
  if (!both) return 0;
  memory.copy(both, at, length);
  store<u8>(both + length, 0x2c);
  memory.copy(both + length + 1, headerAt, headerLength);
  return both;
}
