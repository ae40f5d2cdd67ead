/** How a carrier of the context stands. `BAD` is malformed, or repeated with different values: it counts as absent. */
export const ABSENT: u32 = 0;
export const GOOD: u32 = 1;
export const BAD: u32 = 2;
