/**
 * Reusable blocks for what outlives a callback. Sizes are powers of two with a free list each, so that any number of
 * reloads takes no more memory than the most that were alive at once. Memory grows here and nowhere else.
 */

const SMALLEST: u32 = 10;
const LARGEST: u32 = 28;
const HEADER: u32 = 16;
const PAGE: u32 = 65536;

const free: usize = memory.data(29 * 4, 4);
let top: usize = 0;

/** The address of at least `size` bytes (their content is whatever was there), 0 when there is no memory. */
export function takeBlock(size: u32): usize {
  const power = powerOf(size);
  if (power > LARGEST) return 0;
  const list = free + (power << 2);
  const head = load<u32>(list);
  if (head) {
    store<u32>(list, load<u32>(head));
    return head;
  }
  return freshBlock(power);
}

/** Gives a block back. `block` is an address that `takeBlock` answered, or 0. */
export function freeBlock(block: usize): void {
  if (!block) return;
  const list = free + (load<u32>(block - HEADER) << 2);
  store<u32>(block, load<u32>(list));
  store<u32>(list, block);
}

/** Usable bytes of a block. */
export function blockSize(block: usize): u32 {
  return ((<u32>1) << load<u32>(block - HEADER)) - HEADER;
}

function powerOf(size: u32): u32 {
  if (size > (<u32>1) << LARGEST) return LARGEST + 1;
  return max<u32>(SMALLEST, 32 - clz<u32>(size + HEADER - 1));
}

function freshBlock(power: u32): usize {
  if (!top) top = (__heap_base + 15) & ~15;
  const end = top + ((<usize>1) << power);
  const missing = <i32>((end + PAGE - 1) / PAGE) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return 0;
  const block = top + HEADER;
  store<u32>(top, power);
  top = end;
  return block;
}
