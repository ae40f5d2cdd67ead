import {isText, textAt, textLength, wordIndex} from "./bytes";
import {complain, enterIndex, leave} from "./complaint";
import {charactersOf, lengthOf, nextOf} from "./json";
import {enterField, enterNeeded, isHeaderName, isList, isName, numberField, readNumber} from "./read";
import {TRACE_HEADER_COUNT, TRACE_HEADERS} from "./trace-ids";

import {keep} from "./writer";

/** The start of every configuration. */
@unmanaged
export class Common {
  /** Of whoever keeps the configurations. */
  holder: u64;
  /** Nanoseconds that a trace id is remembered. */
  ttl: u64;
  headerAt: usize;
  headerLength: u32;
  /** A bit for each trace header. */
  traceIds: u32;
  /** Slots less one. */
  slotMask: u32;
}

/** Longest context header, so that the edge can name `HEADER-asked-baggage`. */
const HEADER_MAX: u32 = 64;

/** Reads the fields of every module. */
export function readCommon(object: u32, to: Common): bool {
  const version = enterNeeded(object, text("version"));
  if (!version || readNumber(version, 1, 1) < 0) return false;
  leave();
  if (!readHeader(object, to) || !readTraceIds(object, to)) return false;
  const ttl = numberField(object, text("ttl"), 1, 3600, 60);
  const slots = numberField(object, text("slots"), 16, 1048576, 65536);
  if (ttl < 0 || slots < 0) return false;
  to.ttl = <u64>ttl * 1000000000;
  to.slotMask = <u32>slots - 1;
  if (!(slots & (slots - 1))) return true;
  enterField(object, text("slots"));
  return complain(text("must be a power of two"));
}

const DEFAULT_HEADER = text("x-swimlane");

function readHeader(object: u32, to: Common): bool {
  const header = enterField(object, text("header"));
  to.headerAt = textAt(DEFAULT_HEADER);
  to.headerLength = textLength(DEFAULT_HEADER);
  if (!header) return true;
  if (!isHeaderName(header)) return false;
  const at = charactersOf(header);
  to.headerLength = lengthOf(header);
  if (load<u8>(at) == 0x3a || to.headerLength > HEADER_MAX)
    return complain(text("must be a header name in lower case, at most 64"));
  if (isText(at, to.headerLength, text("baggage"))) return complain(text("must be a header of its own"));
  to.headerAt = keep(at, to.headerLength);
  leave();
  return to.headerAt != 0;
}

function readTraceIds(object: u32, to: Common): bool {
  to.traceIds = (1 << TRACE_HEADER_COUNT) - 1;
  const list = enterField(object, text("traceIds"));
  if (!list) return true;
  if (!isList(list)) return false;
  to.traceIds = 0;
  let item = list + 1;
  for (let i: u32 = 0; i < lengthOf(list); i++, item = nextOf(item)) {
    enterIndex(i);
    if (!isName(item)) return false;
    const header = wordIndex(TRACE_HEADERS, charactersOf(item), lengthOf(item));
    if (header < 0) return complain(text("is not a trace header that is known"));
    if (to.traceIds & (1 << header)) return complain(text("is given twice"));
    to.traceIds |= 1 << header;
    leave();
  }
  leave();
  return true;
}
