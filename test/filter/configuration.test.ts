import {describe, expect, test} from "vitest";
import {changed, conditions, full, labelNames, of, tables, when, type Json} from "./configurations.ts";
import {Vm} from "./host.ts";

/** The one line that a refused configuration logs. */
function refusal(module: string, configuration: unknown): string {
  const vm = Vm.load(module);
  const root = vm.configure(configuration);
  expect(root.accepted).toBe(false);
  expect(vm.logs).toHaveLength(1);
  expect(vm.logs[0]?.level).toBe(4);
  const text = vm.logs[0]?.text ?? "";
  expect(text).toMatch(/^meshlane: [\x20-\xff]+$/);
  return text;
}

const names = (path: string): RegExp => new RegExp(`^meshlane: ${path.replace(/[[\].{}]/g, "\\$&")}: .+`);
describe("a configuration in which every field stands is accepted", () => {
  test.each(["inbound", "outbound", "outbound-playground", "edge", "edge-response"])("%s", (module) => {
    const vm = Vm.load(module);
    expect(vm.configure(full(module)).accepted).toBe(true);
    expect(vm.logs).toEqual([]);
  });

  test("in whatever order its keys come", () => {
    const reversed = (value: Json): Json => {
      if (Array.isArray(value)) return value.map(reversed);
      if (value === null || typeof value !== "object") return value;
      const entries = Object.entries(value).map(([key, inner]): [string, Json] => [key, reversed(inner)]);
      return Object.fromEntries(entries.reverse());
    };
    for (const module of ["inbound", "outbound", "edge"]) {
      const vm = Vm.load(module);
      expect(vm.configure(reversed(full(module))).accepted).toBe(true);
      expect(vm.configure(JSON.stringify(full(module), null, 4)).accepted).toBe(true);
    }
  });

  test("numbers as a protobuf Struct writes them", () => {
    const text = JSON.stringify({version: 1, ttl: 60, slots: 1024}).replace(/:(\d+)/g, ":$1.0");
    expect(Vm.load("inbound").configure(text).accepted).toBe(true);
  });
});

describe.each(Object.entries({...tables, "edge: conditions": conditions}))("%s", (title, rows) => {
  const module = title.split(":")[0] ?? "";
  const cases = rows.flatMap(([path, values]) => values.map((value) => [path, value] as const));
  test.each(cases)("%s is refused: %j", (path, value) => {
    expect(refusal(module, changed(module, path, value))).toMatch(names(path));
  });
});

describe("what no single field shows", () => {
  test.each([
    "",
    " ",
    "null",
    "[]",
    "1",
    '"x"',
    "{",
    '{"version":1',
    '{"version":1}}',
    '{"version":1,}',
    "{'version':1}",
    "\xff",
  ])("no JSON object: %j", (text) => {
    for (const module of ["inbound", "outbound", "edge"]) {
      expect(refusal(module, Buffer.from(text, "latin1"))).toMatch(/^meshlane: .+/);
    }
  });
});

describe("what two fields show", () => {
  test("a condition that there is not", () => {
    const place = /^meshlane: groups\[0\]\.rules\[0\]\.when(\.nonsense)?: .+/;
    expect(refusal("edge", changed("edge", when, {nonsense: {}}))).toMatch(place);
    expect(refusal("edge", changed("edge", when, {anyone: true, nonsense: {}}))).toMatch(place);
  });

  test("a key that comes twice", () => {
    expect(refusal("inbound", '{"version":1,"ttl":5,"ttl":6}')).toMatch(names("ttl"));
    expect(refusal("inbound", '{"version":1,"except":[{"app":"a","b":"","app":"a"}]}')).toMatch(names("except[0].app"));
  });

  test.each(labelNames)("a label that cannot be: %j", (name) => {
    expect(refusal("inbound", changed("inbound", "except[1]", {a: "b", [name]: "x"}))).toMatch(
      /^meshlane: except\[1\]\..*: .+/,
    );
    const labels = changed("outbound", "pods.lanes[0].labels", {[name]: "x"});
    expect(refusal("outbound", labels)).toMatch(/^meshlane: pods\.lanes\[0\]\.labels\..*: .+/);
  });

  test("the longest labels that can be", () => {
    const labels = {[`${"a".repeat(253)}/${"B-_.".repeat(15)}123`]: "x".repeat(63)};
    expect(Vm.load("inbound").configure(changed("inbound", "except[1]", labels)).accepted).toBe(true);
  });

  test("two groups that take the rest", () => {
    const value = {name: "a/b", ask: [], rules: [], sticky: [], buckets: []};
    expect(refusal("edge", changed("edge", "groups[0]", value))).toMatch(/^meshlane: groups\[1\]/);
  });

  test("buckets that overlap", () => {
    const config = changed("edge", "groups[0].buckets[1].runs[0]", [499, 2]);
    expect(refusal("edge", config)).toMatch(/^meshlane: groups\[0\]\.buckets\[1\]\.runs\[0\]/);
    expect(refusal("edge", changed("edge", "groups[0].buckets[0].runs[1]", [9000, 1001]))).toMatch(
      /^meshlane: groups\[0\]\.buckets\[0\]\.runs\[1\]/,
    );
  });

  test("a condition more than 16 deep", () => {
    const deep = (levels: number): Json => (levels === 1 ? {anyone: true} : {not: deep(levels - 1)});
    const vm = Vm.load("edge");
    expect(vm.configure(changed("edge", "groups[0].rules[0].when", deep(16))).accepted).toBe(true);
    expect(refusal("edge", changed("edge", "groups[0].rules[0].when", deep(17)))).toMatch(
      /^meshlane: groups\[0\]\.rules\[0\]\.when\.not/,
    );
    refusal("edge", `{"version":1,"groups":${"[".repeat(100_000)}`);
    refusal("edge", changed("edge", "groups[0].rules[0].when", deep(3000)));
  });

  test("a cookie can be issued only by edge-response, and only as the last key", () => {
    const last = changed("edge", "groups[0].sticky[2]", {issue: "uid"});
    expect(refusal("edge", last)).toMatch(/^meshlane: groups\[0\]\.sticky\[2\]/);
    expect(Vm.load("edge-response").configure(last).accepted).toBe(true);
    const first = changed("edge-response", "groups[0].sticky[0]", {issue: "uid"});
    expect(refusal("edge-response", first)).toMatch(/^meshlane: groups\[0\]\.sticky\[0\]/);
    for (const value of [...of("string"), "", "a b", "a;b", "a=b"]) {
      refusal("edge-response", changed("edge-response", "groups[0].sticky[2]", {issue: value}));
    }
  });

  test("a refused root decides nothing and the next configuration works", () => {
    const vm = Vm.load("outbound");
    const bad = vm.configure({version: 1, lane: "ANN"});
    expect(bad.request([[":path", "/"]]).requestHeaders.list()).toEqual([[":path", "/"]]);
    expect(vm.configure({version: 1, lane: "ann"}).accepted).toBe(true);
  });
});
