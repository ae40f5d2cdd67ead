/** Bytes at an address with a length, and the static texts that `text("...")` makes at compile time. */

/** Address of the characters of a text. */
export function textAt(text: usize): usize {
  return text + 2;
}

/** Number of characters of a text. */
export function textLength(text: usize): u32 {
  return load<u16>(text);
}

export function same(a: usize, aLength: u32, b: usize, bLength: u32): bool {
  return aLength == bLength && equal(a, b, aLength);
}

/** Whether `length` bytes at both addresses are the same. */
export function equal(a: usize, b: usize, length: u32): bool {
  while (length >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
    length -= 8;
  }
  while (length) {
    if (load<u8>(a++) != load<u8>(b++)) return false;
    length--;
  }
  return true;
}

export function isText(at: usize, length: u32, text: usize): bool {
  return same(at, length, textAt(text), textLength(text));
}

export function startsWith(at: usize, length: u32, start: usize, startLength: u32): bool {
  return startLength <= length && equal(at, start, startLength);
}

export function endsWith(at: usize, length: u32, tail: usize, tailLength: u32): bool {
  return tailLength <= length && equal(at + length - tailLength, tail, tailLength);
}

export function contains(at: usize, length: u32, part: usize, partLength: u32): bool {
  if (partLength > length) return false;
  const last = at + length - partLength;
  for (let from = at; from <= last; from++) {
    if (equal(from, part, partLength)) return true;
  }
  return false;
}

/** Address of the first `byte` in [from, end), `end` when there is none. */
export function find(from: usize, end: usize, byte: u8): usize {
  while (from < end && load<u8>(from) != byte) from++;
  return from;
}

/** The first address in [from, end) that is neither space nor tab. */
export function skipBlanks(from: usize, end: usize): usize {
  while (from < end && isBlank(load<u8>(from))) from++;
  return from;
}

/** The end of [from, end) without the blanks before it. */
export function trimBlanks(from: usize, end: usize): usize {
  while (end > from && isBlank(load<u8>(end - 1))) end--;
  return end;
}

function isBlank(byte: u8): bool {
  return byte == 0x20 || byte == 0x09;
}

export function isDigit(byte: u8): bool {
  return <u8>(byte - 0x30) < 10;
}

/** Value of a hexadecimal digit of either case, 255 when it is none. */
export function hexValue(byte: u8): u8 {
  if (isDigit(byte)) return byte - 0x30;
  const letter = <u8>((byte | 0x20) - 0x61);
  return letter < 6 ? letter + 10 : 255;
}

function lowerCase(byte: u8): u8 {
  return <u8>(byte - 0x41) < 26 ? byte | 0x20 : byte;
}

/** Copies in lower case (ASCII). `to` may be `from`. */
export function copyLowerCase(to: usize, from: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) store<u8>(to + i, lowerCase(load<u8>(from + i)));
}

/** The first word's number (from 0) in a text of words separated by single spaces, -1 when it is not there. */
export function wordIndex(words: usize, at: usize, length: u32): i32 {
  const end = textAt(words) + textLength(words);
  let index = 0;
  for (let word = textAt(words); word < end; index++) {
    const wordEnd = find(word, end, 0x20);
    if (same(word, <u32>(wordEnd - word), at, length)) return index;
    word = wordEnd + 1;
  }
  return -1;
}
