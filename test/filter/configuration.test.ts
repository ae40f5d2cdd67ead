import {describe, expect, test} from "vitest";
import {Vm} from "./host.ts";

type Json = null | boolean | number | string | Json[] | {[key: string]: Json};

/** A valid configuration of each module in which every field stands. */
const full = (module: string): Json => {
  const common = {version: 1, header: "x-swimlane", traceIds: ["traceparent", "b3"], ttl: 60, slots: 1024};
  if (module === "inbound") return {...common, plainText: false};
  if (module.startsWith("outbound")) {
    return {...common, lane: "ann", gateway: false, mesh: {clusters: ["outbound|"], external: ["istio", "external"]}};
  }
  const when = {
    all: [{any: [{method: {exact: "GET"}}]}, {header: {name: "x-user", exact: "ann"}}, {not: {anyone: true}}],
  };
  return {
    ...common,
    stripped: true,
    remember: {plainText: false},
    groups: [
      {
        name: "shop/shop",
        hosts: ["shop.example.com", "*.shop.example.com"],
        ask: [
          {host: "{lane}.shop.example.com", grant: {from: ["10.0.0.0/8", "2001:db8::/32"]}},
          {header: "x-swimlane", grant: {anyone: true}},
          {cookie: "lane", grant: {time: {after: 1, before: 2}}},
          {query: "lane", grant: {query: {name: "token", in: ["a", "b"]}}},
        ],
        rules: [
          {lane: "next", when},
          {lane: "beta", when: {cookie: {name: "staff", present: true}}},
        ],
        sticky: [{cookie: "uid"}, {header: "x-user"}, {query: "u"}],
        buckets: [
          {
            lane: "next",
            runs: [
              [0, 500],
              [9000, 1000],
            ],
          },
          {lane: "beta", runs: [[500, 1]]},
        ],
      },
      {name: "shop/rest", ask: [], rules: [], sticky: [], buckets: []},
    ],
  } as Json;
};

/** The configuration with the value at a path changed; undefined takes the field away. */
function changed(module: string, path: string, value: Json | undefined): Json {
  const root = structuredClone(full(module));
  const parts = path.replace(/\[(\d+)\]/g, ".$1").split(".");
  const last = parts.pop() ?? "";
  let at = root as Record<string, Json>;
  for (const part of parts) at = at[part] as Record<string, Json>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return root;
}

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
const of = (type: string): Json[] => {
  const values: Record<string, Json> = {null: null, boolean: true, number: 7, string: "text", list: [], object: {}};
  return Object.entries(values).flatMap(([name, value]) => (name === type ? [] : [value]));
};
const LONG = "a".repeat(64);
const laneNames: Json[] = [...of("string"), "", "Ann", "-ann", "ann-", "a.b", LONG, "\u00e9", "a\nb"];
const headerNames: Json[] = [...of("string"), "", "X-Lane", "x lane", "x\u00e9", "x:y", "x\ny"];

type Row = [path: string, values: (Json | undefined)[]];

const common: Row[] = [
  ["version", [undefined, ...of("number"), 0, 2, 1.5, -1]],
  ["header", headerNames],
  ["traceIds", of("list")],
  ["traceIds[0]", [...of("string"), "", "x-trace", "Traceparent"]],
  ["ttl", [...of("number"), 0, 3601, 1.5, -1, 1e300]],
  ["slots", [...of("number"), 0, 15, 17, 8, 2097152, 1.5, -16]],
  ["nonsense", [1]],
];

const operators = (path: string, rest: object): Row[] => [
  [path, of("object")],
  [`${path}.exact`, of("string").map((one) => one)],
  [path, [{...rest}, {...rest, exact: "a", prefix: "b"}] as Json[]],
];

const tables: Record<string, Row[]> = {
  inbound: [...common, ["plainText", of("boolean")], ["lane", ["ann"]]],
  outbound: [
    ...common,
    ["lane", laneNames],
    ["gateway", of("boolean")],
    ["mesh", of("object")],
    ["mesh.clusters", of("list")],
    ["mesh.clusters[0]", of("string")],
    ["mesh.external", of("list")],
    ["mesh.external[0]", of("string")],
    ["mesh.nonsense", [1]],
    ["plainText", [true]],
  ],
  edge: [
    ...common,
    ["stripped", of("boolean")],
    ["remember", of("object")],
    ["remember.plainText", of("boolean")],
    ["remember.nonsense", [1]],
    ["groups", [undefined, ...of("list")]],
    ["groups[0]", of("object")],
    ["groups[0].nonsense", [1]],
    ["groups[0].name", [undefined, ...of("string"), ""]],
    ["groups[0].hosts", of("list")],
    ["groups[0].hosts[0]", [...of("string"), "", "a*b*.example.com"]],
    ["groups[0].ask", [undefined, ...of("list")]],
    ["groups[0].ask[0]", [...of("object"), {grant: {anyone: true}}, {cookie: "a", query: "b", grant: {anyone: true}}]],
    ["groups[0].ask[0].grant", [undefined, ...of("object"), {}]],
    ["groups[0].ask[0].nonsense", [1]],
    ["groups[0].ask[0].host", [...of("string"), "", "shop.example.com", "{lane}{lane}", "{Lane}.example.com"]],
    ["groups[0].ask[1].header", headerNames],
    ["groups[0].ask[2].cookie", [...of("string"), ""]],
    ["groups[0].ask[3].query", [...of("string"), ""]],
    ["groups[0].rules", [undefined, ...of("list")]],
    ["groups[0].rules[0]", of("object")],
    ["groups[0].rules[0].lane", [undefined, ...laneNames]],
    ["groups[0].rules[0].when", [undefined, ...of("object"), {}, {anyone: true, all: []}]],
    ["groups[0].sticky", [undefined, ...of("list")]],
    ["groups[0].sticky[0]", [...of("object"), {}, {cookie: "a", header: "b"}]],
    ["groups[0].sticky[0].cookie", [...of("string"), ""]],
    ["groups[0].sticky[1].header", headerNames],
    ["groups[0].sticky[2].query", [...of("string"), ""]],
    ["groups[0].buckets", [undefined, ...of("list")]],
    ["groups[0].buckets[0]", of("object")],
    ["groups[0].buckets[0].lane", [undefined, ...laneNames]],
    ["groups[0].buckets[0].runs", [undefined, ...of("list")]],
    ["groups[0].buckets[0].runs[0]", [...of("list"), [], [0], [0, 1, 2]]],
    ["groups[0].buckets[0].runs[0][0]", [...of("number"), -1, 10000, 0.5]],
    ["groups[0].buckets[0].runs[0][1]", [...of("number"), -1, 10001, 0.5, 0]],
    ["groups[0].buckets[0].nonsense", [1]],
  ],
};

const when = "groups[0].rules[0].when";
const conditions: Row[] = [
  [`${when}.all`, of("list")],
  [`${when}.all[0]`, [...of("object"), {}]],
  [`${when}.all[0].any`, of("list")],
  [`${when}.all[0].any[0]`, of("object")],
  ...operators(`${when}.all[0].any[0].method`, {}),
  ...operators(`${when}.all[1].header`, {name: "x-user"}),
  [`${when}.all[1].header.name`, [undefined, ...headerNames]],
  [`${when}.all[1].header.nonsense`, [1]],
  [`${when}.all[2].not`, of("object")],
  [`${when}.all[2].not.anyone`, [...of("boolean"), false]],
  ["groups[0].ask[0].grant.from", of("list")],
  [
    "groups[0].ask[0].grant.from[0]",
    [
      ...of("string"),
      "",
      "10.0.0.0",
      "10.0.0.0/33",
      "10.0.0/8",
      "10.0.0.256/8",
      "2001:db8::/129",
      "::1::/8",
      "x/8",
      "10.0.0.0/",
    ],
  ],
  ["groups[0].ask[2].grant.time", of("object")],
  ["groups[0].ask[2].grant.time.after", [...of("number"), -1, 0.5]],
  ["groups[0].ask[2].grant.time.before", [...of("number"), -1, 0.5]],
  ["groups[0].ask[2].grant.time.nonsense", [1]],
  ["groups[0].ask[3].grant.query.name", [undefined, ...of("string"), ""]],
  ["groups[0].ask[3].grant.query.in", of("list")],
  ["groups[0].ask[3].grant.query.in[1]", of("string")],
  ["groups[0].rules[1].when.cookie.name", [undefined, ...of("string"), ""]],
  ["groups[0].rules[1].when.cookie.present", of("boolean")],
];

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
    for (const module of ["inbound", "outbound", "edge"]) refusal(module, Buffer.from(text, "latin1"));
  });

  test("a condition that there is not", () => {
    const place = /^meshlane: groups\[0\]\.rules\[0\]\.when(\.nonsense)?: .+/;
    expect(refusal("edge", changed("edge", when, {nonsense: {}}))).toMatch(place);
    expect(refusal("edge", changed("edge", when, {anyone: true, nonsense: {}}))).toMatch(place);
  });

  test("a key that comes twice", () => {
    expect(refusal("inbound", '{"version":1,"ttl":5,"ttl":6}')).toMatch(names("ttl"));
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
