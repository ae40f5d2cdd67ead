/** A median with the interval in which it lies with a chance of 95 %. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly samples: number;
}

const RESAMPLES = 2000;

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @param part between 0 and 1; between two values the line that joins them counts */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return low + (high - low) * (at - Math.floor(at));
}

/** The interval by the bootstrap: medians of samples drawn again, with a generator of fixed seed. */
export function estimate(values: readonly number[]): Estimate {
  const random = generator(1);
  const medians = Array.from({length: RESAMPLES}, () =>
    median(values.map(() => values[Math.floor(random() * values.length)]!)),
  );
  return {
    median: median(values),
    low: quantile(medians, 0.025),
    high: quantile(medians, 0.975),
    samples: values.length,
  };
}

/** Numbers in [0, 1), the same for the same seed, which is not 0: Marsaglia's xorshift of 32 bits. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A copy in random order. */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const drawn = items.map((item) => [random(), item] as const);
  return drawn.sort(([a], [b]) => a - b).map(([, item]) => item);
}
