import type {LaneBuckets, Run} from "./plan.ts";

/** Buckets of a group; a weight of one percent is a hundred of them. */
export const BUCKETS = 10_000;

const BASELINE = "";

/** A lane's weight in percent, 0..100, at most two decimals. */
export interface Weight {
  readonly lane: string;
  readonly weight: number;
}

/**
 * Who owns which bucket, given who owned them before: a lane that grows takes exactly the difference, from the baseline;
 * one that shrinks gives its highest buckets back; nobody else moves.
 * Buckets that were the baseline's before this change are taken before those that it frees.
 * @param weights whose sum is at most 100
 */
export function assignBuckets(
  weights: readonly Weight[],
  before: Readonly<Record<string, readonly Run[]>>,
): LaneBuckets[] {
  const wanted = new Map(weights.map(({lane, weight}) => [lane, Math.round((weight * BUCKETS) / 100)]));
  const owners = bucketOwners(before);
  const held = new Map<string, number>();
  const free: number[] = [];
  const freed: number[] = [];
  owners.forEach((lane, bucket) => {
    const count = held.get(lane) ?? 0;
    if (lane === BASELINE) free.push(bucket);
    else if (count < (wanted.get(lane) ?? 0)) held.set(lane, count + 1);
    else freed.push(bucket);
  });
  for (const bucket of freed) owners[bucket] = BASELINE;
  const available = [...free, ...freed].values();
  for (const lane of [...wanted.keys()].sort()) {
    for (let missing = (wanted.get(lane) ?? 0) - (held.get(lane) ?? 0); missing > 0; missing--) {
      const bucket = available.next();
      if (bucket.done) throw new RangeError(`the weights of the group's lanes exceed 100 percent at lane ${lane}`);
      owners[bucket.value] = lane;
    }
  }
  return runsOf(owners);
}

function bucketOwners(before: Readonly<Record<string, readonly Run[]>>): string[] {
  const owners = Array.from({length: BUCKETS}, () => BASELINE);
  for (const [lane, runs] of Object.entries(before)) {
    for (const [first, count] of runs) owners.fill(lane, first, first + count);
  }
  return owners;
}

function runsOf(owners: readonly string[]): LaneBuckets[] {
  const runs = new Map<string, Run[]>();
  for (let first = 0; first < owners.length;) {
    const lane = owners[first]!;
    let end = first + 1;
    while (end < owners.length && owners[end] === lane) end++;
    if (lane !== BASELINE) runs.set(lane, [...(runs.get(lane) ?? []), [first, end - first]]);
    first = end;
  }
  return [...runs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([lane, owned]) => ({lane, runs: owned}));
}
