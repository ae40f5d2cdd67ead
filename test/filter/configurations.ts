export type Json = null | boolean | number | string | Json[] | {[key: string]: Json};

/** A valid configuration of each module in which every field stands. */
export const full = (module: string): Json => {
  const common = {version: 1, header: "x-swimlane", traceIds: ["traceparent", "b3"], ttl: 60, slots: 1024};
  if (module === "inbound") return {...common, plainText: false, except: [{app: "door", "a.b/c_d": ""}, {app: "shop"}]};
  if (module.startsWith("outbound")) {
    return {
      ...common,
      lane: "ann",
      gateway: false,
      pods: {
        label: "meshlane.dev/lane",
        lanes: [{lane: "next", labels: {app: "cart", version: "v2"}}],
        fallbacks: ["ann", "bob"],
      },
      mesh: {clusters: ["outbound|"], external: ["istio", "external"], egress: ["egress.example.com"]},
    };
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
export function changed(module: string, path: string, value: Json | undefined): Json {
  const root = structuredClone(full(module));
  const parts = path.replace(/\[(\d+)\]/g, ".$1").split(".");
  const last = parts.pop() ?? "";
  let at = root as Record<string, Json>;
  for (const part of parts) at = at[part] as Record<string, Json>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return root;
}

export const of = (type: string): Json[] => {
  const values: Record<string, Json> = {null: null, boolean: true, number: 7, string: "text", list: [], object: {}};
  return Object.entries(values).flatMap(([name, value]) => (name === type ? [] : [value]));
};
const LONG = "a".repeat(64);
const laneNames: Json[] = [...of("string"), "", "Ann", "-ann", "ann-", "a.b", LONG, "\u00e9", "a\nb"];
const headerNames: Json[] = [...of("string"), "", "X-Lane", "x lane", "x\u00e9", "x:y", "x\ny"];

export type Row = [path: string, values: (Json | undefined)[]];

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

/** What no label may be called. */
export const labelNames: string[] = ["", "a b", "a\0b", "a\u00e9", "x".repeat(318), "a\nb"];
const labelValues: Json[] = [...of("string"), "a b", "a/b", "x".repeat(64), "\u00e9", "a\0"];
const labels: Json[] = [...of("object"), {}];

export const tables: Record<string, Row[]> = {
  inbound: [
    ...common,
    ["plainText", of("boolean")],
    ["lane", ["ann"]],
    ["except", of("list")],
    ["except[1]", labels],
    ["except[1].app", labelValues],
  ],
  outbound: [
    ...common,
    ["lane", laneNames],
    ["gateway", of("boolean")],
    ["mesh", of("object")],
    ["mesh.clusters", of("list")],
    ["mesh.clusters[0]", of("string")],
    ["mesh.external", of("list")],
    ["mesh.external[0]", of("string")],
    ["mesh.egress", of("list")],
    ["mesh.egress[0]", [...of("string"), ""]],
    ["mesh.nonsense", [1]],
    ["pods", of("object")],
    ["pods.label", [...of("string"), ...labelNames]],
    ["pods.lanes", of("list")],
    ["pods.lanes[0]", of("object")],
    ["pods.lanes[0].lane", [undefined, ...laneNames]],
    ["pods.lanes[0].labels", [undefined, ...labels]],
    ["pods.lanes[0].labels.app", labelValues],
    ["pods.lanes[0].nonsense", [1]],
    ["pods.fallbacks", of("list")],
    ["pods.fallbacks[1]", laneNames],
    ["pods.nonsense", [1]],
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

export const when = "groups[0].rules[0].when";
export const conditions: Row[] = [
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
