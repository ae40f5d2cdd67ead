/** Reading a parsed configuration: fields by name, each with its complaint. Entries are those of the tape; 0 is none. */

import {find, isText, textAt, textLength, wordIndex} from "./bytes";
import {complain, complainRange, enterKey, leave} from "./complaint";
import {charactersOf, FALSE, kindOf, lengthOf, LIST, nextOf, OBJECT, STRING, TRUE, wholeNumber} from "./json";
import {isLaneName} from "./name";

/** Whether it is an object with no other fields than those (words of a text), none of them twice. */
export function isObjectOf(entry: u32, names: usize): bool {
  if (kindOf(entry) != OBJECT) return complain(text("must be an object"));
  let seen: u32 = 0;
  const end = nextOf(entry);
  for (let key = entry + 1; key < end; key = nextOf(key + 1)) {
    const name = wordIndex(names, charactersOf(key), lengthOf(key));
    const bit = (<u32>1) << name;
    if (name >= 0 && !(seen & bit)) {
      seen |= bit;
      continue;
    }
    enterKey(charactersOf(key), lengthOf(key));
    return complain(name < 0 ? text("is not a field here") : text("is given twice"));
  }
  return true;
}

/** The value of an object's field, 0 when it has none. */
export function fieldOf(entry: u32, name: usize): u32 {
  const end = nextOf(entry);
  for (let key = entry + 1; key < end; key = nextOf(key + 1)) {
    if (isText(charactersOf(key), lengthOf(key), name)) return key + 1;
  }
  return 0;
}

/** Goes into a field: its value, 0 (and the path as it was) when it is not there. */
export function enterField(entry: u32, name: usize): u32 {
  const value = fieldOf(entry, name);
  if (value) enterKey(textAt(name), textLength(name));
  return value;
}

/** As `enterField`, and complains when it is not there. */
export function enterNeeded(entry: u32, name: usize): u32 {
  const value = fieldOf(entry, name);
  enterKey(textAt(name), textLength(name));
  if (!value) complain(text("is missing"));
  return value;
}

/** 0 or 1, -1 after a complaint. */
export function booleanField(entry: u32, name: usize, otherwise: bool): i32 {
  const value = enterField(entry, name);
  if (!value) return otherwise;
  const read = readBoolean(value);
  if (read >= 0) leave();
  return read;
}

/** 0 or 1, -1 after a complaint. */
export function readBoolean(entry: u32): i32 {
  const kind = kindOf(entry);
  if (kind == TRUE) return 1;
  if (kind == FALSE) return 0;
  complain(text("must be true or false"));
  return -1;
}

/** A whole number of the range, -1 after a complaint. */
export function numberField(entry: u32, name: usize, from: i64, to: i64, otherwise: i64): i64 {
  const value = enterField(entry, name);
  if (!value) return otherwise;
  const read = readNumber(value, from, to);
  if (read >= 0) leave();
  return read;
}

/** A whole number of the range, -1 after a complaint. */
export function readNumber(entry: u32, from: i64, to: i64): i64 {
  const number = wholeNumber(entry);
  if (number >= from && number <= to) return number;
  complainRange(from, to);
  return -1;
}

/** Whether it is a string that is not empty. */
export function isName(entry: u32): bool {
  if (kindOf(entry) != STRING) return complain(text("must be a string"));
  return lengthOf(entry) ? true : complain(text("must not be empty"));
}

export function isList(entry: u32): bool {
  return kindOf(entry) == LIST ? true : complain(text("must be a list"));
}

/** Whether it is a lane's name. */
export function isLane(entry: u32): bool {
  if (!isName(entry)) return false;
  if (isLaneName(charactersOf(entry), lengthOf(entry))) return true;
  return complain(text("must be a lane name: a-z, 0-9 and inner hyphens, at most 63"));
}

/** Whether it is the name of a header, in lower case. */
export function isHeaderName(entry: u32): bool {
  if (!isName(entry)) return false;
  const at = charactersOf(entry);
  const length = lengthOf(entry);
  const start: u32 = load<u8>(at) == 0x3a ? 1 : 0;
  for (let i = start; i < length; i++) {
    const byte = load<u8>(at + i);
    if (!isTokenByte(byte) || <u8>(byte - 0x41) < 26) return complain(text("must be a header name in lower case"));
  }
  return length > start ? true : complain(text("must be a header name in lower case"));
}

/** Whether it is the name of a cookie. */
export function isCookieName(entry: u32): bool {
  if (!isName(entry)) return false;
  for (let i: u32 = 0; i < lengthOf(entry); i++) {
    if (!isTokenByte(load<u8>(charactersOf(entry) + i))) return complain(text("must be a cookie name"));
  }
  return true;
}

/** A token's character of RFC 9110. */
function isTokenByte(byte: u8): bool {
  if (<u8>((byte | 0x20) - 0x61) < 26 || <u8>(byte - 0x30) < 10) return true;
  const end = textAt(PUNCTUATION) + textLength(PUNCTUATION);
  return find(textAt(PUNCTUATION), end, byte) < end;
}

const PUNCTUATION = text("!#$%&'*+-.^_`|~");
