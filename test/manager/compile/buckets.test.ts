import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {assignBuckets, BUCKETS} from "../../../manager/compile/buckets.ts";
import {bucketOf, stickyHash} from "../../../manager/compile/hash.ts";
import type {LaneBuckets, Run} from "../../../manager/compile/plan.ts";
import {hex, vectors} from "../../vectors/vectors.ts";
import {compile} from "./plans.ts";

type Weights = Record<string, number>;
type Held = Readonly<Record<string, readonly Run[]>>;

const BASELINE = "";

function assign(weights: Weights, before: Held = {}): Held {
  const list = Object.entries(weights).map(([lane, weight]) => ({lane, weight}));
  return held(assignBuckets(list, before));
}

const held = (owned: readonly LaneBuckets[]): Held => Object.fromEntries(owned.map(({lane, runs}) => [lane, runs]));

/** The owner of each bucket; throws where two lanes own one. */
function owners(owned: Held): string[] {
  const all = Array.from({length: BUCKETS}, () => BASELINE);
  for (const [lane, runs] of Object.entries(owned)) {
    for (const [first, count] of runs) {
      for (let bucket = first; bucket < first + count; bucket++) {
        if (all[bucket] !== BASELINE) throw new Error(`bucket ${bucket} belongs to ${all[bucket]} and ${lane}`);
        all[bucket] = lane;
      }
    }
  }
  return all;
}

/** Lane -> number of buckets. */
function counts(owned: Held): Weights {
  return Object.fromEntries(
    Object.entries(owned).map(([lane, runs]) => [lane, runs.reduce((sum, [, n]) => sum + n, 0)]),
  );
}

/** `FROM>TO` -> number of buckets that moved so. */
function moves(before: Held, after: Held): Weights {
  const [from, to] = [owners(before), owners(after)];
  const moved: Weights = {};
  from.forEach((owner, bucket) => {
    const move = `${owner}>${to[bucket]}`;
    if (owner !== to[bucket]) moved[move] = (moved[move] ?? 0) + 1;
  });
  return moved;
}

describe("weights", () => {
  test("a weight is that share of the buckets, to two decimals", () => {
    expect(counts(assign({a: 20, b: 0.01, c: 33.33, d: 0.29}))).toEqual({a: 2000, b: 1, c: 3333, d: 29});
  });

  test("raising one takes exactly the difference, all of it from the baseline", () => {
    const before = assign({a: 20, b: 10});
    expect(moves(before, assign({a: 30, b: 10}, before))).toEqual({">a": 1000});
  });

  test("lowering one gives exactly the difference back", () => {
    const before = assign({a: 20, b: 10});
    expect(moves(before, assign({a: 5, b: 10}, before))).toEqual({"a>": 1500});
  });

  test("a lane that goes gives all of its buckets back, and nobody else moves", () => {
    const before = assign({a: 20, b: 10});
    expect(moves(before, assign({b: 10}, before))).toEqual({"a>": 2000});
  });

  test("of users of a lane that goes as few as can be are moved on into one that grows", () => {
    const before = assign({a: 40});
    expect(moves(before, assign({b: 60}, before))).toEqual({"a>": 4000, ">b": 6000});
    expect(moves(before, assign({b: 61}, before))).toEqual({"a>": 3900, "a>b": 100, ">b": 6000});
  });

  test("100 percent leave no baseline, more are refused with the lane named", () => {
    expect(owners(assign({a: 60, b: 40}))).not.toContain(BASELINE);
    expect(() => assign({a: 60, b: 40.01})).toThrow(/exceed 100 percent at lane b/);
  });

  test("whatever the weights were and become: counts are exact, growth comes from the baseline, nobody else moves", () => {
    const weights = fc.array(fc.integer({min: 0, max: 4000}), {minLength: 4, maxLength: 4}).map((parts) => {
      const scale = Math.min(
        1,
        BUCKETS /
          Math.max(
            1,
            parts.reduce((sum, part) => sum + part, 0),
          ),
      );
      const names = ["a", "b", "c", "d"];
      return Object.fromEntries(parts.map((part, index) => [names[index]!, Math.floor(part * scale) / 100]));
    });
    fc.assert(
      fc.property(fc.array(weights, {minLength: 1, maxLength: 6}), (steps) => {
        let before: Held = {};
        for (const step of steps) {
          const after = assign(step, before);
          const moved = moves(before, after);
          const had = counts(before);
          const free = BUCKETS - Object.values(had).reduce((sum, count) => sum + count, 0);
          const grown = Object.entries(step).map(([lane, weight]) =>
            Math.max(0, Math.round(weight * 100) - (had[lane] ?? 0)),
          );
          const scarce = grown.reduce((sum, count) => sum + count, 0) > free;
          for (const [lane, weight] of Object.entries(step)) {
            const [p, q] = [had[lane] ?? 0, Math.round(weight * 100)];
            expect(counts(after)[lane] ?? 0).toBe(q);
            const [into, out] = [
              sum(moved, (move) => move.endsWith(`>${lane}`)),
              sum(moved, (move) => move.startsWith(`${lane}>`)),
            ];
            expect([into, out]).toEqual([Math.max(0, q - p), Math.max(0, p - q)]);
            expect(scarce || (moved[`>${lane}`] ?? 0) === into).toBe(true);
          }
          before = after;
        }
      }),
      {numRuns: 60},
    );
  });
});

function sum(moved: Weights, wanted: (move: string) => boolean): number {
  return Object.entries(moved).reduce((total, [move, count]) => total + (wanted(move) ? count : 0), 0);
}

describe("owners of a mesh", () => {
  const lane = (weight: number): string => `{services: [{name: a, to: a--ann}], weight: ${weight}}`;
  const group = "{services: [a], entry: {gateways: [i/p]}}";

  test("what a compilation gave is what the next one starts from", () => {
    const first = compile({group, lanes: {next: lane(10)}});
    expect(first.owners).toEqual({"shop/shop": {next: [[0, 1000]]}});
    const second = compile({group, lanes: {next: lane(10), early: lane(5)}}, first.owners);
    expect(second.owners).toEqual({"shop/shop": {next: [[0, 1000]], early: [[1000, 500]]}});
    const third = compile({group, lanes: {next: lane(11), early: lane(5)}}, second.owners);
    expect(third.owners["shop/shop"]?.["next"]).toEqual([
      [0, 1000],
      [1500, 100],
    ]);
  });

  test("groups that are not in the files keep their owners", () => {
    const other = {"bank/bank": {beta: [[3, 4]]}} as const;
    expect(compile({group, lanes: {next: lane(10)}}, other).owners).toEqual({
      ...other,
      "shop/shop": {next: [[0, 1000]]},
    });
  });
});

describe("hash", () => {
  const texts = vectors("hash").sticky.filter((one): one is typeof one & {key: string} => typeof one.key === "string");

  test.each(texts)("$group $key", ({group, key, hash, bucket}) => {
    expect(hex(stickyHash(group, key))).toBe(hash);
    expect(bucketOf(group, key)).toBe(bucket);
  });

  test("1,000,000 users fall into lanes within 0.5 percentage points of the weights", () => {
    const total = 1_000_000;
    const weights: Weights = {small: 1, middle: 5, large: 30};
    const owner = owners(assign(weights));
    const got: Weights = {};
    for (let user = 0; user < total; user++) {
      const lane = owner[bucketOf("shop/shop", `u${user}`)]!;
      got[lane] = (got[lane] ?? 0) + 1;
    }
    for (const [lane, weight] of Object.entries(weights)) {
      expect(Math.abs((100 * (got[lane] ?? 0)) / total - weight)).toBeLessThan(0.5);
    }
  });
});
