/**
 * Memory for what one request makes: joined headers, a new baggage. Emptied at the start of a request. It holds more than
 * all headers of a request that the host could hand over.
 */

const CAPACITY: u32 = 320 * 1024;
const scratch: usize = memory.data(320 * 1024, 8);
let used: u32 = 0;

export function resetScratch(): void {
  used = 0;
}

/** The address of `length` bytes, 0 when they do not fit. */
export function takeScratch(length: u32): usize {
  if (length > CAPACITY - used) return 0;
  const address = scratch + used;
  used += length;
  return address;
}

export function scratchMark(): u32 {
  return used;
}

/** Gives back all that was taken since the mark. */
export function releaseScratch(mark: u32): void {
  used = mark;
}
