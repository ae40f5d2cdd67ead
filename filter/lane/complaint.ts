/**
 * Why a configuration is refused: one line, `meshlane: PATH: cause`. The path follows the reader through objects and lists;
 * the first complaint is the one that counts.
 */

import {textAt, textLength} from "./bytes";

const DEEPEST: u32 = 64;
const LINE: u32 = 1024;

/** Steps of the path: address and length of a key, or 0 and an index. */
const steps: usize = memory.data(64 * 8, 4);
const line: usize = memory.data(1024);
let depth: u32 = 0;
let length: u32 = 0;

/** The complaint, and its length: 0 when there is none. */
export function complaintAt(): usize {
  return line;
}

export function complaintLength(): u32 {
  return length;
}

export function clearComplaint(): void {
  depth = 0;
  length = 0;
}

export function enterKey(at: usize, keyLength: u32): void {
  pushStep(<u32>at, keyLength);
}

export function enterIndex(index: u32): void {
  pushStep(0, index);
}

export function leave(): void {
  depth--;
}

function pushStep(at: u32, value: u32): void {
  if (depth < DEEPEST) {
    store<u32>(steps + (depth << 3), at);
    store<u32>(steps + (depth << 3), value, 4);
  }
  depth++;
}

/** Complains about the value where the reader is. Answers false. */
export function complain(cause: usize): bool {
  if (length) return false;
  beginLine();
  appendText(cause);
  return false;
}

/** Complains with a cause that ends in a number. Answers false. */
export function complainNumber(cause: usize, number: u64): bool {
  if (length) return false;
  beginLine();
  appendText(cause);
  appendNumber(number);
  return false;
}

/** Complains that the value must be a whole number of that range. Answers false. */
export function complainRange(from: u64, to: u64): bool {
  if (length) return false;
  complainNumber(text("must be a whole number from "), from);
  appendText(text(" to "));
  appendNumber(to);
  return false;
}

function beginLine(): void {
  appendText(text("meshlane: "));
  if (!depth) appendText(text("configuration"));
  for (let i: u32 = 0; i < min(depth, DEEPEST); i++) appendStep(i);
  appendText(text(": "));
}

function appendStep(i: u32): void {
  const at = load<u32>(steps + (i << 3));
  const value = load<u32>(steps + (i << 3), 4);
  if (!at) {
    append(0x5b);
    appendNumber(value);
    append(0x5d);
    return;
  }
  if (i) append(0x2e);
  for (let k: u32 = 0; k < min<u32>(value, 64); k++) append(load<u8>(at + k));
}

function appendText(words: usize): void {
  for (let i: u32 = 0; i < textLength(words); i++) append(load<u8>(textAt(words) + i));
}

function appendNumber(number: u64): void {
  if (number > 9) appendNumber(number / 10);
  append(<u8>(number % 10) + 0x30);
}

/** One line it stays, whatever bytes a key has. */
function append(byte: u8): void {
  if (length < LINE) store<u8>(line + length++, <u8>(byte - 0x20) < 0x5f ? byte : 0x3f);
}
