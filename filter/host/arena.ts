/**
 * The memory that the host writes results into. It calls `allocate` (exported as `proxy_on_memory_allocate`) for every
 * value that it returns, and never frees; so each callback begins with `resetArena`, and whatever a callback was given is
 * gone with the next one.
 */

/** Bytes that all results of one callback may take together. */
export const ARENA_CAPACITY: u32 = 256 * 1024;

const arena: usize = memory.data(256 * 1024, 8);
let used: u32 = 0;
let loan: usize = 0;
let loanSize: u32 = 0;

/** Forgets all results of the callback before. */
export function resetArena(): void {
  used = 0;
  loanSize = 0;
}

/** Lends `size` bytes at `block` for the next result alone, one which may be larger than the arena. */
export function lend(block: usize, size: u32): void {
  loan = block;
  loanSize = size;
}

/** The address of `size` bytes, 0 when there is no room: the host call then fails with a status and nothing traps. */
export function allocate(size: u32): usize {
  if (loanSize) {
    const fits = size <= loanSize;
    loanSize = 0;
    return fits ? loan : 0;
  }
  if (size > ARENA_CAPACITY - used) return 0;
  const address = arena + used;
  used = min<u32>(ARENA_CAPACITY, (used + size + 7) & ~7);
  return address;
}
