/**
 * Trace ids of the nine headers, each in one form: a kind byte and the id. All forms of the same 128-bit id come to one
 * (`HEX`: 32 lower-case digits, padded on the left), so that a trace is found again in another format.
 */

import {equal, find, isDigit, isText, textAt} from "./bytes";

const HEX: u8 = 1;
const REQUEST_ID: u8 = 2;
const SKYWALKING: u8 = 3;
const DATADOG: u8 = 4;

const HEX_DIGITS: u32 = 32;
const TEXT_MAX: u32 = 128;

/** The names in the order of their numbers. */
export const TRACE_HEADERS = text(
  "traceparent b3 x-b3-traceid x-request-id sw8 uber-trace-id x-datadog-trace-id x-amzn-trace-id x-cloud-trace-context",
);
export const TRACE_HEADER_COUNT: u32 = 9;

/** The longest id with its kind byte. */
export const ID_MAX: u32 = 129;

/** The lengths of these names, a bit each: how most headers are passed over. */
export const TRACE_LENGTHS: u32 =
  (1 << 2) | (1 << 3) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 15) | (1 << 18) | (1 << 21);

/** Number of a trace header, -1 when the name is none. */
export function traceHeader(name: usize, length: u32): i32 {
  switch (length) {
    case 2:
      return headerIs(1, 12, name, length);
    case 3:
      return headerIs(4, 41, name, length);
    case 11:
      return headerIs(0, 0, name, length);
    case 12: {
      const b3 = headerIs(2, 15, name, length);
      return b3 < 0 ? headerIs(3, 28, name, length) : b3;
    }
    case 13:
      return headerIs(5, 45, name, length);
    case 15:
      return headerIs(7, 78, name, length);
    case 18:
      return headerIs(6, 59, name, length);
    case 21:
      return headerIs(8, 94, name, length);
  }
  return -1;
}

/** The number when the name is the word that begins at that character of `TRACE_HEADERS`, else -1. */
function headerIs(number: i32, from: u32, name: usize, length: u32): i32 {
  return equal(name, textAt(TRACE_HEADERS) + from, length) ? number : -1;
}

/** Writes the id that a trace header's value holds to `out` (`ID_MAX` bytes); its length, 0 when there is none. */
export function readTraceId(header: i32, at: usize, length: u32, out: usize): u32 {
  const end = at + length;
  switch (header) {
    case 0:
      return traceparent(at, length, out);
    case 1: {
      const dash = find(at, end, 0x2d);
      return dash == end ? 0 : b3(at, <u32>(dash - at), out);
    }
    case 2:
      return b3(at, length, out);
    case 3:
      return requestId(at, length, out);
    case 4:
      return skyWalking(at, end, out);
    case 5: {
      const colon = find(at, end, 0x3a);
      return colon == end ? 0 : hexId(at, <u32>(colon - at), out);
    }
    case 6:
      return datadog(at, length, out);
    case 7:
      return amazon(at, end, out);
    case 8: {
      const digits = <u32>(find(at, end, 0x2f) - at);
      return digits == HEX_DIGITS ? hexId(at, digits, out) : 0;
    }
  }
  return 0;
}

/** Up to 32 digits of hexadecimal, not all zero. */
function hexId(at: usize, length: u32, out: usize): u32 {
  if (length == 0 || length > HEX_DIGITS) return 0;
  store<u8>(out, HEX);
  const pad = HEX_DIGITS - length;
  memory.fill(out + 1, 0x30, pad);
  return hexDigits(at, length, out + 1 + pad) ? HEX_DIGITS + 1 : 0;
}

/** Copies hexadecimal digits in lower case; false when there are others, or all are zero. The bit 0x20 is set in 0-9 too. */
function hexDigits(at: usize, length: u32, out: usize): bool {
  let any: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const lower = (<u32>load<u8>(at + i)) | 0x20;
    any |= lower ^ 0x30;
    store<u8>(out + i, lower);
  }
  return any != 0 && isHex(at, length);
}

function isHex(at: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(at + i);
    if (byte - 0x30 > 9 && (byte | 0x20) - 0x61 > 5) return false;
  }
  return true;
}

/** `VERSION-TRACE-PARENT-FLAGS`; versions after 00 may have more behind it. */
function traceparent(at: usize, length: u32, out: usize): u32 {
  if (length < 55 || load<u8>(at + 2) != 0x2d || load<u8>(at + 35) != 0x2d || load<u8>(at + 52) != 0x2d) return 0;
  if (!isHex(at, 2) || !isHex(at + 36, 16) || !isHex(at + 53, 2)) return 0;
  if (isText(at, 2, text("ff")) || (length > 55 && (isText(at, 2, text("00")) || load<u8>(at + 55) != 0x2d))) return 0;
  return hexId(at + 3, HEX_DIGITS, out);
}

function b3(at: usize, length: u32, out: usize): u32 {
  return length == 16 || length == HEX_DIGITS ? hexId(at, length, out) : 0;
}

function requestId(at: usize, length: u32, out: usize): u32 {
  if (length == 0 || length > TEXT_MAX) return 0;
  for (let i: u32 = 0; i < length; i++) {
    if (<u8>(load<u8>(at + i) - 0x21) > 0x5d) return 0;
  }
  store<u8>(out, REQUEST_ID);
  memory.copy(out + 1, at, length);
  // Envoy rewrites this digit of a UUID with its tracing decision.
  if (isUuid(at, length)) store<u8>(out + 15, 0x2a);
  return length + 1;
}

function isUuid(at: usize, length: u32): bool {
  if (length != 36 || load<u8>(at + 8) != 0x2d || load<u8>(at + 13) != 0x2d) return false;
  if (load<u8>(at + 18) != 0x2d || load<u8>(at + 23) != 0x2d) return false;
  return isHex(at, 8) && isHex(at + 9, 4) && isHex(at + 14, 4) && isHex(at + 19, 4) && isHex(at + 24, 12);
}

/** The second field of `SAMPLE-TRACE-...`, base64. */
function skyWalking(at: usize, end: usize, out: usize): u32 {
  const from = find(at, end, 0x2d) + 1;
  if (from > end) return 0;
  const to = find(from, end, 0x2d);
  const length = <u32>(to - from);
  if (to == end || length == 0 || length > TEXT_MAX) return 0;
  for (let i = from; i < to; i++) {
    if (!isBase64(load<u8>(i))) return 0;
  }
  store<u8>(out, SKYWALKING);
  memory.copy(out + 1, from, length);
  return length + 1;
}

function isBase64(byte: u8): bool {
  return isDigit(byte) || <u8>((byte | 0x20) - 0x61) < 26 || byte == 0x2b || byte == 0x2f || byte == 0x3d;
}

/** 1 to 20 decimal digits, not all zero. */
function datadog(at: usize, length: u32, out: usize): u32 {
  if (length == 0 || length > 20) return 0;
  let any = false;
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if (!isDigit(byte)) return 0;
    if (byte != 0x30) any = true;
  }
  store<u8>(out, DATADOG);
  memory.copy(out + 1, at, length);
  return any ? length + 1 : 0;
}

/** The field `Root=1-8DIGITS-24DIGITS` among fields separated by `;`. */
function amazon(at: usize, end: usize, out: usize): u32 {
  for (let from = at; from < end;) {
    const to = find(from, end, 0x3b);
    if (to - from >= 5 && isText(from, 5, ROOT)) return amazonRoot(from + 5, <u32>(to - from - 5), out);
    from = to + 1;
  }
  return 0;
}

const ROOT = text("Root=");

function amazonRoot(at: usize, length: u32, out: usize): u32 {
  if (length != 35 || !isText(at, 2, text("1-")) || load<u8>(at + 10) != 0x2d) return 0;
  if (!isHex(at + 2, 8) || !isHex(at + 11, 24)) return 0;
  store<u8>(out, HEX);
  const first = hexDigits(at + 2, 8, out + 1);
  const second = hexDigits(at + 11, 24, out + 9);
  return first || second ? HEX_DIGITS + 1 : 0;
}
