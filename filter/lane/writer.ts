/** Writes a configuration's flat form into one block of memory. */

import {complain} from "./complaint";

let start: usize = 0;
let at: usize = 0;
let end: usize = 0;

/** Starts at the beginning of a block of `size` bytes. */
export function startWriting(block: usize, size: u32): void {
  start = (block + 7) & ~7;
  at = start;
  end = block + size;
}

/** Where the flat form begins. */
export function flatStart(): usize {
  return start;
}

/** The address of `size` zeroed bytes, 0 after a complaint when the block is full. */
export function reserve(size: u32): usize {
  const address = (at + 7) & ~7;
  if (address + size > end) {
    complain(text("is too large"));
    return 0;
  }
  memory.fill(address, 0, size);
  at = address + size;
  return address;
}

/** The address of a copy, 0 after a complaint. `length` 0 has an address too. */
export function keep(from: usize, length: u32): usize {
  if (at + length > end) {
    complain(text("is too large"));
    return 0;
  }
  const address = at;
  memory.copy(address, from, length);
  at += length;
  return address;
}
