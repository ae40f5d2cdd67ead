import {describe, expect, test} from "vitest";
import {Lane} from "./lane.ts";

const KEYS = 1_000_000;

describe("of 1,000,000 keys each weight has its share to 0.5 percentage points", () => {
  const compiled = new Lane();

  test.each(["shop/shop", "default/a"])("%s", (group) => {
    const found = compiled.spread(group, KEYS);
    const share = (first: number, count: number): number =>
      (100 * found.subarray(first, first + count).reduce((sum, one) => sum + one, 0)) / KEYS;
    for (const weight of [0.01, 0.5, 1, 5, 10, 20, 33.33, 50, 90, 100]) {
      const count = Math.round(weight * 100);
      for (const first of [0, 10_000 - count, Math.floor((10_000 - count) / 2)]) {
        expect(Math.abs(share(first, count) - weight)).toBeLessThan(0.5);
      }
    }
    expect(Math.min(...found)).toBeGreaterThan(0);
  });

  test("groups split independently of each other", () => {
    const keys = Array.from({length: 20_000}, (_, i) => String(i));
    const both = keys.filter(
      (key) => compiled.stickyBucket("a/a", key) < 5000 && compiled.stickyBucket("a/b", key) < 5000,
    );
    expect(Math.abs(both.length / keys.length - 0.25)).toBeLessThan(0.015);
  });
});
