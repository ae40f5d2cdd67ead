/** Cookies, query parameters, path and authority of the request whose headers were taken; raw bytes. */

import {copyLowerCase, find, isDigit, same, skipBlanks, textAt, textLength, trimBlanks} from "./bytes";
import {findHeader, headerAt, headerLength, nextNamed, rewind, valueAt, valueLength} from "./pairs";
import {takeScratch} from "./scratch";

/** The value after a function here has answered true. */
export let foundAt: usize = 0;
export let foundLength: u32 = 0;

const COOKIE = text("cookie");
const PATH = text(":path");
const AUTHORITY = text(":authority");

function found(from: usize, to: usize): bool {
  foundAt = from;
  foundLength = <u32>(to - from);
  return true;
}

/** The first cookie of that name over all `cookie` headers. */
export function findCookie(name: usize, length: u32): bool {
  rewind();
  while (nextNamed(textAt(COOKIE), textLength(COOKIE))) {
    if (cookieIn(valueAt, valueAt + valueLength, name, length)) return true;
  }
  return false;
}

function cookieIn(at: usize, end: usize, name: usize, length: u32): bool {
  while (at < end) {
    const to = find(at, end, 0x3b);
    const start = skipBlanks(at, to);
    const equals = find(start, to, 0x3d);
    if (equals < to && same(start, <u32>(equals - start), name, length)) {
      return found(equals + 1, trimBlanks(equals + 1, to));
    }
    at = to + 1;
  }
  return false;
}

/** The first value of a header. */
export function findFirst(name: usize, length: u32): bool {
  rewind();
  return nextNamed(name, length) && found(valueAt, valueAt + valueLength);
}

/** `:path` up to `?` or `#`. */
export function findUri(): bool {
  if (!findHeader(textAt(PATH), textLength(PATH))) return false;
  const end = headerAt + headerLength;
  return found(headerAt, min(find(headerAt, end, 0x3f), find(headerAt, end, 0x23)));
}

/** The first query parameter of that name, undecoded. One without `=` is empty. */
export function findQuery(name: usize, length: u32): bool {
  if (!findHeader(textAt(PATH), textLength(PATH))) return false;
  const end = find(headerAt, headerAt + headerLength, 0x23);
  let at = find(headerAt, end, 0x3f) + 1;
  while (at < end) {
    const to = find(at, end, 0x26);
    const equals = find(at, to, 0x3d);
    if (same(at, <u32>(equals - at), name, length)) return found(min(equals + 1, to), to);
    at = to + 1;
  }
  return false;
}

/** `:authority` in lower case without its port. */
export function findHost(): bool {
  if (!findHeader(textAt(AUTHORITY), textLength(AUTHORITY))) return false;
  let colon = headerAt + headerLength - 1;
  while (colon >= headerAt && isDigit(load<u8>(colon))) colon--;
  const ported = colon >= headerAt && load<u8>(colon) == 0x3a;
  const length = ported ? <u32>(colon - headerAt) : headerLength;
  const copy = takeScratch(length);
  if (!copy) return false;
  copyLowerCase(copy, headerAt, length);
  return found(copy, copy + length);
}
