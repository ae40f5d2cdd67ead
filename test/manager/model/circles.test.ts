import {describe, expect, test} from "vitest";
import {formatProblem, loadMesh} from "../../../manager/model/index.ts";
import {group, lane, load, playground} from "./texts.ts";

/** The warnings of a playground, its services by name with what they call. */
function warningsOf(calls: Record<string, string[]>, workloads: Record<string, object[]> = {}): string[] {
  const services = Object.entries(calls).map(([name, called]) => ({
    name,
    calls: called,
    ...(workloads[name] === undefined ? {} : {workloads: workloads[name]}),
  }));
  const {errors, warnings} = load(playground({services}));
  expect(errors).toEqual([]);
  return warnings;
}

const circle = (names: string): string =>
  `warning: playground shop: calls go in a circle: ${names}. Remove one of these calls: the echo programs would call each other for ever.`;

describe("calls that come back to the same service are told, with the circle", () => {
  test("over others", () => {
    expect(warningsOf({a: ["b"], b: ["a"]})).toEqual([circle("a -> b -> a")]);
    expect(warningsOf({a: ["b"], b: ["c", "d"], d: [], c: ["a"]})).toEqual([circle("a -> b -> c -> a")]);
  });

  test("at once", () => expect(warningsOf({a: ["a"]})).toEqual([circle("a -> a")]));

  test("behind a service that is not in it", () => {
    expect(warningsOf({a: ["b"], b: ["c"], c: ["b"]})).toEqual([circle("b -> c -> b")]);
  });

  test("each where there are several", () => {
    expect(warningsOf({a: ["b", "c"], b: ["a", "b"], c: ["a"]})).toEqual([
      circle("a -> b -> a"),
      circle("a -> c -> a"),
      circle("b -> b"),
    ]);
  });

  test("at the line of the call", () => {
    const text = `${JSON.stringify(
      playground({
        services: [
          {name: "a", calls: ["b"]},
          {name: "b", calls: ["a"]},
        ],
      }),
      null,
      1,
    )}\n`;
    const {problems} = loadMesh([{name: "shop.json", text}]);
    const line = text.split("\n").findIndex((each) => each.includes('"b"')) + 1;
    expect(problems.map(formatProblem)).toEqual([expect.stringMatching(new RegExp(`shop\\.json:${line}$`))]);
  });
});

test("ways that meet again are no circle", () => {
  expect(warningsOf({a: ["b", "c"], b: ["d"], c: ["d"], d: []})).toEqual([]);
});

test("a process of the user's ends a circle, unless an echo program stands beside it", () => {
  const mine = {name: "mine", address: "127.0.0.1:3000"};
  expect(warningsOf({a: ["b"], b: ["a"]}, {b: [mine]})).toEqual([]);
  expect(warningsOf({a: ["b"], b: ["a"]}, {b: [mine, {name: "b-echo"}]})).toEqual([circle("a -> b -> a")]);
});

test("a circle that only a lane's workload makes is told at the lane", () => {
  const services = [
    {name: "cart", calls: ["payment"]},
    {name: "payment", calls: []},
    {name: "cart--ann", calls: ["payment"]},
    {name: "payment--ann", calls: ["cart"]},
  ];
  const ann = (...overridden: object[]) =>
    load(group(), playground({services}), lane({services: overridden})).warnings.filter((text) =>
      text.includes("circle"),
    );
  const [cart, payment] = [
    {name: "cart", to: "cart--ann"},
    {name: "payment", to: "payment--ann"},
  ];
  expect(ann(cart)).toEqual([]);
  expect(ann(payment)).toEqual([
    "warning: lane ann: in this lane calls go in a circle: payment--ann -> cart -> payment--ann. Let payment--ann call something else: the echo programs would call each other for ever.",
  ]);
  expect(ann(cart, payment)).toHaveLength(2);
});
