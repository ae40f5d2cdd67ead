/** What the benchmarks say of many samples. */
import {expect, test} from "vitest";
import {estimate, generator, median, quantile, shuffled} from "../../bench/scale/statistics.ts";

test("the median of an even number of values lies between the middle two", () => {
  expect(median([9, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(quantile([0, 10], 0.25)).toBe(2.5);
});

test("an outlier moves neither the median nor its interval", () => {
  const values = Array.from({length: 101}, (_, index) => 100 + (index % 5));
  const spoiled = [...values.slice(1), 1e6];
  const {median: middle, low, high} = estimate(spoiled);
  expect(middle).toBe(102);
  expect(low).toBeGreaterThanOrEqual(101);
  expect(high).toBeLessThanOrEqual(103);
});

test("the interval of few samples is wider than that of many alike", () => {
  const random = generator(7);
  const draw = (count: number) => estimate(Array.from({length: count}, random));
  const [few, many] = [draw(10), draw(300)];
  expect(few.high - few.low).toBeGreaterThan(many.high - many.low);
});

test("the same samples give the same interval", () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  expect(estimate(values)).toEqual(estimate(values));
});

test("a round has every turn once, each round in an order of its own", () => {
  const random = generator(1);
  const turns = Array.from({length: 8}, (_, index) => index);
  const orders = [shuffled(turns, random), shuffled(turns, random)];
  for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual(turns);
  expect(orders[0]).not.toEqual(orders[1]);
});
