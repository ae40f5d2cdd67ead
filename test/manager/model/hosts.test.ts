import fc from "fast-check";
import {expect, test} from "vitest";
import {overlap} from "../../../manager/model/check/hosts.ts";

test.each([
  ["a.x", "a.x", true],
  ["a.x", "b.x", false],
  ["*.x", "a.x", true],
  ["*.x", "a.b.x", false],
  ["*.x", "x", false],
  ["pre-*.x", "pre-.x", false],
  ["pre-*.x", "pre-a.x", true],
  ["pre-*.x", "*-post.x", true],
  ["pre-*.x", "other-*.x", false],
  ["*-a.x", "*-b.x", false],
])("%s and %s: %s", (a, b, expected) => {
  expect(overlap(a, b)).toBe(expected);
  expect(overlap(b, a)).toBe(expected);
});

test("two patterns overlap exactly when some host matches both", () => {
  const part = fc.string({unit: fc.constantFrom("a", "b"), maxLength: 2});
  const pattern = fc.oneof(
    fc.tuple(part, part).map(([start, end]) => `${start}*${end}`),
    part.filter((text) => text !== ""),
  );
  const hosts = words(5);
  fc.assert(
    fc.property(pattern, pattern, (a, b) => {
      expect(overlap(a, b)).toBe(hosts.some((host) => matches(a, host) && matches(b, host)));
    }),
  );
});

/** All words of a and b of up to `length` letters: long enough for a witness of two short patterns. */
function words(length: number): string[] {
  return length === 0 ? [""] : ["", ...words(length - 1).flatMap((word) => [`a${word}`, `b${word}`])];
}

function matches(pattern: string, host: string): boolean {
  return new RegExp(`^${pattern.replace("*", ".+")}$`).test(host);
}
