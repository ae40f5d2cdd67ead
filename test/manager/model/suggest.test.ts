import {expect, test} from "vitest";
import {didYouMean, distance, nearest} from "../../../manager/model/suggest.ts";

test.each([
  ["cart", "cart", 0],
  ["crat", "cart", 1],
  ["car", "cart", 1],
  ["", "cart", 4],
  ["kitten", "sitting", 3],
])("from %s to %s it is %i edits", (a, b, expected) => {
  expect(distance(a, b)).toBe(expected);
  expect(distance(b, a)).toBe(expected);
});

test("the nearest is offered, and nothing that is far", () => {
  expect(nearest("paymnet", ["ledger", "payments", "payment"])).toBe("payment");
  expect(didYouMean("crat", ["cart"])).toBe('Did you mean "cart"?');
  expect(didYouMean("warehouse", ["cart"])).toBeUndefined();
  expect(didYouMean("to", ["labels", "env"])).toBeUndefined();
});
