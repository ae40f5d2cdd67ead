/**
 * A validating JSON parser (RFC 8259) over bytes, to a flat tape. Strings are decoded in place. An entry of the tape is
 * followed by the entries of its content; an object's content is keys and values by turns.
 */

import {equal, find, hexValue, isDigit} from "./bytes";

/** Kinds of value. */
const NULL: u32 = 0;
export const FALSE: u32 = 1;
export const TRUE: u32 = 2;
const NUMBER: u32 = 3;
export const STRING: u32 = 4;
export const LIST: u32 = 5;
export const OBJECT: u32 = 6;

/** Bytes of a tape entry. */
export const ENTRY: u32 = 16;
const DEEPEST: u32 = 64;

@unmanaged
class Entry {
  kind: u32;
  /** Characters of a string or a number. */
  at: usize;
  /** Their number; of a list or object, the number of its values. */
  length: u32;
  /** The entry behind the content. */
  next: u32;
}

let tape: usize = 0;
let room: u32 = 0;
let count: u32 = 0;
let position: usize = 0;
let end: usize = 0;

export function kindOf(entry: u32): u32 {
  return entryOf(entry).kind;
}

export function charactersOf(entry: u32): usize {
  return entryOf(entry).at;
}

export function lengthOf(entry: u32): u32 {
  return entryOf(entry).length;
}

export function nextOf(entry: u32): u32 {
  return entryOf(entry).next;
}

function entryOf(entry: u32): Entry {
  return changetype<Entry>(tape + entry * ENTRY);
}

/** An upper bound of the entries that a text of JSON needs. */
export function countEntries(at: usize, length: u32): u32 {
  let entries: u32 = 1;
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if (byte == 0x2c || byte == 0x3a || byte == 0x5b || byte == 0x7b) entries++;
  }
  return entries;
}

/** Parses to a tape of `entries` entries. -1 when it is JSON, else the byte at which it is not. */
export function parseJson(at: usize, length: u32, to: usize, entries: u32): i32 {
  tape = to;
  room = entries;
  count = 0;
  position = at;
  end = at + length;
  skipSpace();
  if (!value(0)) return <i32>(position - at);
  skipSpace();
  return position == end ? -1 : <i32>(position - at);
}

function value(depth: u32): bool {
  if (position >= end || depth > DEEPEST || count >= room) return false;
  const entry = entryOf(count++);
  entry.length = 0;
  const byte = load<u8>(position);
  let valid = false;
  if (byte == 0x22) valid = string(entry);
  else if (byte == 0x7b) valid = object(entry, depth);
  else if (byte == 0x5b) valid = list(entry, depth);
  else if (byte == 0x74) valid = word(entry, TRUE, text("true"));
  else if (byte == 0x66) valid = word(entry, FALSE, text("false"));
  else if (byte == 0x6e) valid = word(entry, NULL, text("null"));
  else valid = number(entry);
  entry.next = count;
  return valid;
}

function peek(): u8 {
  return position < end ? load<u8>(position) : 0;
}

function take(byte: u8): bool {
  if (peek() != byte) return false;
  position++;
  return true;
}

function skipSpace(): void {
  while (position < end) {
    const byte = load<u8>(position);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return;
    position++;
  }
}

function object(entry: Entry, depth: u32): bool {
  entry.kind = OBJECT;
  position++;
  skipSpace();
  if (take(0x7d)) return true;
  do {
    skipSpace();
    if (peek() != 0x22 || !value(depth + 1)) return false;
    skipSpace();
    if (!take(0x3a)) return false;
    skipSpace();
    if (!value(depth + 1)) return false;
    entry.length++;
    skipSpace();
  } while (take(0x2c));
  return take(0x7d);
}

function list(entry: Entry, depth: u32): bool {
  entry.kind = LIST;
  position++;
  skipSpace();
  if (take(0x5d)) return true;
  do {
    skipSpace();
    if (!value(depth + 1)) return false;
    entry.length++;
    skipSpace();
  } while (take(0x2c));
  return take(0x5d);
}

function word(entry: Entry, kind: u32, letters: usize): bool {
  entry.kind = kind;
  const length = load<u16>(letters);
  if (end - position < length || !equal(position, letters + 2, length)) return false;
  position += length;
  return true;
}

function digits(): bool {
  if (!isDigit(peek())) return false;
  while (isDigit(peek())) position++;
  return true;
}

function number(entry: Entry): bool {
  entry.kind = NUMBER;
  entry.at = position;
  take(0x2d);
  if (!take(0x30) && !digits()) return false;
  if (take(0x2e) && !digits()) return false;
  if ((peek() | 0x20) == 0x65) {
    position++;
    if (!take(0x2b)) take(0x2d);
    if (!digits()) return false;
  }
  entry.length = <u32>(position - entry.at);
  return true;
}

/** Decodes in place: no escape is shorter than what it stands for. */
function string(entry: Entry): bool {
  entry.kind = STRING;
  entry.at = ++position;
  let to = position;
  while (position < end) {
    const byte = load<u8>(position++);
    if (byte == 0x22) {
      entry.length = <u32>(to - entry.at);
      return true;
    }
    if (byte < 0x20) break;
    if (byte == 0x5c) {
      to = escape(to);
      if (!to) break;
    } else {
      store<u8>(to++, byte);
    }
  }
  return false;
}

/** Decodes the escape whose backslash was read; the address behind what it wrote, 0 when it is none. */
function escape(to: usize): usize {
  const letter = peek();
  position++;
  if (letter == 0x75) return unicode(to);
  const from = textOfEscapes + 2;
  const at = find(from, from + 8, letter);
  if (at == from + 8) return 0;
  store<u8>(to, load<u8>(at + 8));
  return to + 1;
}

/** The letters behind a backslash, then what each stands for. */
const textOfEscapes = text('"\\/bfnrt"\\/\b\f\n\r\t');

function unicode(to: usize): usize {
  let code = hex4();
  if (code >= 0xdc00 && code < 0xe000) return 0;
  if (code >= 0xd800 && code < 0xdc00) {
    if (!take(0x5c) || !take(0x75)) return 0;
    const low = hex4();
    if (low < 0xdc00 || low > 0xdfff) return 0;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  return code > 0x10ffff ? 0 : utf8(code, to);
}

/** Four hexadecimal digits; more than any code point when they are not there. */
function hex4(): u32 {
  if (end - position < 4) return u32.MAX_VALUE;
  let code: u32 = 0;
  for (let i = 0; i < 4; i++) {
    const digit = hexValue(load<u8>(position++));
    if (digit == 255) return u32.MAX_VALUE;
    code = (code << 4) | digit;
  }
  return code;
}

function utf8(code: u32, to: usize): usize {
  if (code < 0x80) {
    store<u8>(to, <u8>code);
    return to + 1;
  }
  const more: u32 = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  const lead = more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0;
  store<u8>(to, <u8>(lead | (code >> (6 * more))));
  for (let i: u32 = 1; i <= more; i++) store<u8>(to + i, <u8>(0x80 | ((code >> (6 * (more - i))) & 0x3f)));
  return to + more + 1;
}

/** The value of a number that is whole and not negative, up to 10^15; -1 when it is none. `1`, `1.0` and `1e0` are one. */
export function wholeNumber(entry: u32): i64 {
  if (kindOf(entry) != NUMBER) return -1;
  const from = charactersOf(entry);
  const to = from + lengthOf(entry);
  let mantissa: u64 = 0;
  let scale: i32 = 0;
  let fraction = false;
  let at = from;
  if (load<u8>(at) == 0x2d) at++;
  for (; at < to; at++) {
    const byte = load<u8>(at);
    if (byte == 0x2e) {
      fraction = true;
    } else if (isDigit(byte)) {
      if (mantissa > 100000000000000000) return -1;
      mantissa = mantissa * 10 + (byte - 0x30);
      if (fraction) scale--;
    } else {
      break;
    }
  }
  if (mantissa == 0) return 0;
  if (load<u8>(from) == 0x2d) return -1;
  return scaled(mantissa, scale + exponent(at, to));
}

function exponent(at: usize, to: usize): i32 {
  if (at >= to) return 0;
  at++;
  const negative = load<u8>(at) == 0x2d;
  if (!isDigit(load<u8>(at))) at++;
  let power: i32 = 0;
  for (; at < to; at++) power = min<i32>(1000, power * 10 + (load<u8>(at) - 0x30));
  return negative ? -power : power;
}

function scaled(mantissa: u64, power: i32): i64 {
  for (; power < 0; power++) {
    if (mantissa % 10) return -1;
    mantissa /= 10;
  }
  for (; power > 0 && mantissa <= 1000000000000000; power--) mantissa *= 10;
  return mantissa <= 1000000000000000 ? <i64>mantissa : -1;
}
