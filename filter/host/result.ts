/** The cells that the host writes results into: where the value is, how long it is, and its version. */

const cells: usize = memory.data(24, 8);

export const pointerCell: usize = cells;
export const lengthCell: usize = cells + 4;
export const casCell: usize = cells + 8;
export const timeCell: usize = cells + 16;

/** Address of the value that the last successful call returned; good until the arena is reset. */
export function resultPointer(): usize {
  return load<u32>(pointerCell);
}

/** Its length in bytes. */
export function resultLength(): u32 {
  return load<u32>(lengthCell);
}
