import {describe, expect, test} from "vitest";
import type {GroupPlan} from "../../../manager/compile/plan.ts";
import {compile} from "./plans.ts";

function group(spec: string, lanes: Record<string, string> = {}): GroupPlan {
  return compile({group: spec, lanes}).groups[0]!;
}

const match = (when: string, more = ""): string => `{services: [{name: a, to: a--ann}], match: [${when}]${more}}`;
const METHOD = "{method: {exact: PUT}}";

describe("rules", () => {
  const rules = (lanes: Record<string, string>): string[] =>
    group("{services: [a], entry: {gateways: [i/p]}}", lanes).rules.map(({lane}) => lane);

  test("higher priority goes first", () => {
    expect(rules({a: match(METHOD), b: match(METHOD, ", priority: 2"), c: match(METHOD, ", priority: 1")})).toEqual([
      "b",
      "c",
      "a",
    ]);
  });

  test("of one priority the older goes first, and those without an age last", () => {
    const born = (time: string): string => match(METHOD, `, metadata: {creationTimestamp: "${time}"}`);
    const lanes = {a: match(METHOD), b: born("2026-02-01T00:00:00Z"), c: born("2026-01-01T00:00:00Z")};
    expect(rules(lanes)).toEqual(["c", "b", "a"]);
  });

  test("of one age the names decide", () => {
    expect(rules({z: match(METHOD), b: match(METHOD), k: match(METHOD)})).toEqual(["b", "k", "z"]);
  });

  test("a lane without match has none", () => {
    expect(rules({a: "{services: [{name: a, to: a--ann}]}"})).toEqual([]);
  });
});

describe("hosts", () => {
  test("left out they are left out: the group takes the rest", () => {
    expect(group("{services: [a], entry: {gateways: [i/p]}}")).not.toHaveProperty("hosts");
  });

  test("host templates count as hosts of the group", () => {
    const lane = '[{host: "{lane}.a.example.com", anyone: true}, {host: "pre-{lane}.example.com", anyone: true}]';
    const {hosts} = group(`{services: [a], entry: {gateways: [i/p], hosts: [a.example.com], lane: ${lane}}}`);
    expect(hosts).toEqual(["a.example.com", "*.a.example.com", "pre-*.example.com"]);
  });

  test("a template whose pattern is a host already stands once", () => {
    const lane = '[{host: "{lane}.example.com", anyone: true}]';
    const {hosts} = group(`{services: [a], entry: {gateways: [i/p], hosts: ["*.example.com"], lane: ${lane}}}`);
    expect(hosts).toEqual(["*.example.com"]);
  });
});

test("ways in keep their order; a grant is a condition", () => {
  const lane =
    '[{header: x-swimlane, from: [10.0.0.0/8]}, {cookie: lane, anyone: true}, {host: "{lane}.x", anyone: true}]';
  expect(group(`{services: [a], entry: {gateways: [i/p], lane: ${lane}}}`).ask).toEqual([
    {header: "x-swimlane", grant: {from: ["10.0.0.0/8"]}},
    {cookie: "lane", grant: {anyone: true}},
    {host: "{lane}.x", grant: {anyone: true}},
  ]);
});

test("sticky keys are read only where a lane has weight", () => {
  const spec = "{services: [a], entry: {gateways: [i/p]}, stickyBy: [{cookie: uid}, {issue: id}]}";
  const lane = (weight: number): string => `{services: [{name: a, to: a--ann}], weight: ${weight}}`;
  expect(group(spec, {next: lane(0)}).sticky).toEqual([]);
  expect(group(spec, {next: lane(1)}).sticky).toEqual([{cookie: "uid"}, {issue: "id"}]);
});

test("gateways and entry services, by namespace and name", () => {
  const plan = group("{services: [a], entry: {gateways: [i/p], services: [a]}}");
  expect(plan).toMatchObject({gateways: ["i/p"], entryServices: ["shop/a"]});
});

describe("conditions", () => {
  const when = (...items: string[]): unknown =>
    group("{services: [a], entry: {gateways: [i/p]}}", {ann: match(items.join())}).rules[0]?.when;

  test("one field of one item stands by itself", () => {
    expect(when("{uri: {prefix: /api}}")).toEqual({uri: {prefix: "/api"}});
  });

  test("the fields of an item are AND, items are OR", () => {
    expect(when("{uri: {prefix: /api}, method: {in: [GET, PUT]}}", "{host: {suffix: .com}}")).toEqual({
      any: [{all: [{uri: {prefix: "/api"}}, {method: {in: ["GET", "PUT"]}}]}, {host: {suffix: ".com"}}],
    });
  });

  test("several headers, cookies or parameters of an item are AND too", () => {
    const item =
      "{headers: {a: {exact: x}, b: {present: true}}, cookies: {c: {contains: y}}, queryParams: {d: {exact: z}}}";
    expect(when(item)).toEqual({
      all: [
        {header: {name: "a", exact: "x"}},
        {header: {name: "b", present: true}},
        {query: {name: "d", exact: "z"}},
        {cookie: {name: "c", contains: "y"}},
      ],
    });
  });

  test("networks, region and zone are taken over", () => {
    expect(when('{from: [10.0.0.0/8, "::1/128"], region: {exact: eu}, zone: {exact: eu-1}}')).toEqual({
      all: [{region: {exact: "eu"}}, {zone: {exact: "eu-1"}}, {from: ["10.0.0.0/8", "::1/128"]}],
    });
  });

  test("times become seconds; a fraction counts as the next second, as no earlier one is in the span", () => {
    const time = '{after: "2026-01-01T00:00:00.5Z", before: "2026-01-02T00:00:00Z"}';
    expect(when(`{time: ${time}}`)).toEqual({time: {after: 1767225601, before: 1767312000}});
    expect(when('{time: {after: "2026-01-01T00:00:00Z"}}')).toEqual({time: {after: 1767225600}});
  });
});

test("groups stand by name, each with its own lanes", () => {
  const groups = {
    two: "{services: [b], entry: {gateways: [i/p], hosts: [b.example.com]}}",
    one: "{services: [a], entry: {gateways: [i/p]}}",
  };
  const lanes = {
    ann: `{group: one, services: [{name: a, to: a--ann}], match: [${METHOD}]}`,
    bob: `{group: two, services: [{name: b, to: b--bob}], match: [${METHOD}]}`,
  };
  const plan = compile({groups, lanes});
  expect(plan.groups.map(({name, rules}) => [name, rules.map(({lane}) => lane)])).toEqual([
    ["shop/one", ["ann"]],
    ["shop/two", ["bob"]],
  ]);
});
