import fc from "fast-check";
import type {Condition} from "../reference/conditions.ts";
import type {Group, Key, Way} from "../reference/edge.ts";
import type {Cluster, Outgoing} from "../reference/outbound.ts";
import type {Labels, Pods} from "../reference/pod.ts";
import {TRACE_HEADERS, type TraceHeader} from "../reference/trace-ids.ts";
import type {Header} from "./headers.ts";

const LANES = ["ann", "bob", "next", "a-1", "7", "z".repeat(63)];
const NO_LANES = ["ANN", "", "-x", "x-", "a b", "a.b", "y".repeat(64), "ann\xff", "\xe0\xa1\xa1", "ann,ann", "ann;x"];
const HOSTS = [
  "shop.example.com",
  "Ann.Shop.Example.com:8443",
  "bob.shop.example.com",
  "pre-next.example.org",
  "x.org",
  "[::1]:80",
];

/** Short byte strings that headers may hold. */
const bytes = fc.string({
  unit: fc.integer({min: 0x20, max: 0xff}).map((code) => String.fromCharCode(code)),
  maxLength: 12,
});
const laneName = fc.constantFrom(...LANES);
const laneText = fc.oneof(
  {weight: 5, arbitrary: laneName},
  {weight: 2, arbitrary: fc.constantFrom(...NO_LANES)},
  bytes,
);

const member = fc.oneof(
  laneText.map((text) => `swimlane=${text}`),
  laneName.map((text) => ` swimlane = ${text} ;p=1`),
  fc.constantFrom("a=1", " b=2;p", "swimlanes=ann", "swim=x", "", "  ", "k", "swimlane", "c=%2C", "d=\xff\xc3"),
  bytes,
);
const baggageLine = fc.array(member, {maxLength: 5}).map((list) => list.join(","));

const IDS = [
  "4bf92f3577b34da6a3ce929d0e0e4736",
  "0000000000000000a3ce929d0e0e4736",
  "0af7651916cd43dd8448eb211c80319c",
];
const writers: Record<TraceHeader, (id: string) => string> = {
  traceparent: (id) => `00-${id}-00f067aa0ba902b7-01`,
  b3: (id) => `${id}-00f067aa0ba902b7-1`,
  "x-b3-traceid": (id) => (id.startsWith("0".repeat(16)) ? id.slice(16) : id.toUpperCase()),
  "x-request-id": (id) =>
    `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-${id.slice(16, 20)}-${id.slice(20)}`,
  sw8: (id) => `1-${id}-U0VH-3-c2Vydmlj`,
  "uber-trace-id": (id) => `${id.replace(/^0+/, "")}:1:0:1`,
  "x-datadog-trace-id": (id) => BigInt(`0x${id.slice(16)}`).toString(),
  "x-amzn-trace-id": (id) =>
    `Self=1-00000000-000000000000000000000000;Root=1-${id.slice(0, 8)}-${id.slice(8)};Sampled=1`,
  "x-cloud-trace-context": (id) => `${id}/1;o=1`,
};
const traceHeader: fc.Arbitrary<Header> = fc
  .tuple(fc.constantFrom(...TRACE_HEADERS), fc.constantFrom(...IDS), fc.boolean(), bytes)
  .map(([name, id, good, other]) => [name, good ? writers[name](id) : other]);

const often = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(arbitrary, {maxLength: 1});

/** Context carriers of a request inside the mesh: absent, once, or repeated. */
const carriers = fc
  .tuple(
    fc.array(laneText, {maxLength: 2}),
    fc.array(baggageLine, {maxLength: 2}),
    fc.array(traceHeader, {maxLength: 3}),
  )
  .map(([lanes, lines, traces]): Header[] => [
    ...lanes.map((text): Header => ["x-swimlane", text]),
    ...lines.map((line): Header => ["baggage", line]),
    // Of a trace header only the first counts; one of each name keeps that rule out of the comparison.
    ...traces.filter((one, index) => traces.findIndex((other) => other[0] === one[0]) === index),
  ]);

const word = fc.constantFrom("a", "ab", "ann", "bob", "yes", "", "\xff");
const plain = fc
  .tuple(
    often(fc.constantFrom(...HOSTS)),
    often(fc.constantFrom("GET", "POST")),
    often(fc.tuple(fc.constantFrom("/", "/cart", "/cart/items"), often(word), often(word))),
    fc.array(fc.tuple(fc.constantFrom("uid", "lane", "x"), word), {maxLength: 3}),
    fc.array(fc.tuple(fc.constantFrom("x-user", "x-team", "x-list"), fc.oneof(word, laneText)), {maxLength: 3}),
  )
  .map(([hosts, methods, paths, cookies, others]): Header[] => [
    [":scheme", "https"],
    ...hosts.map((value): Header => [":authority", value]),
    ...methods.map((value): Header => [":method", value]),
    ...paths.map(([path, u, l]): Header => [
      ":path",
      `${path}?${[...u.map((one) => `u=${one}`), ...l.map((one) => `lane=${one}`)].join("&")}`,
    ]),
    ...cookies.map(([name, value]): Header => ["cookie", `z=1; ${name}=${value}`]),
    ...others,
  ]);

const cluster: fc.Arbitrary<Cluster | undefined> = fc.oneof(
  {weight: 5, arbitrary: fc.constant({name: "outbound|80||cart.shop.svc.cluster.local"})},
  fc.constantFrom(
    {name: "outbound|80||a", external: true},
    {name: "outbound|80||a", external: false},
    {name: "outbound|80||egress.example.com"},
    {name: "outbound|80|v1|egress.example.com"},
    {name: "outbound|80||not-egress.example.com"},
    {name: "Passthrough"},
    {name: "outbound"},
  ),
  fc.constant(undefined),
);
const source = fc.constantFrom(
  "10.1.2.3:80",
  "192.168.0.9:4711",
  "[2001:db8::1]:80",
  "[::ffff:10.0.0.1]:80",
  "pipe",
  undefined,
);

/** A request as a sidecar sees it, and the seconds that pass before it. */
export const request: fc.Arbitrary<Omit<Outgoing, "now"> & {wait: number; side: "in" | "out"}> = fc.record({
  headers: fc.tuple(plain, carriers).map(([first, second]) => [...first, ...second]),
  mtls: fc.boolean(),
  cluster,
  source,
  wait: fc.constantFrom(0, 0, 1, 1000),
  side: fc.constantFrom("in" as const, "out" as const),
});

/** A request as a gateway sees it: the native strip has moved what the client sent. */
export const strippedRequest = request.map(({headers, ...rest}) => ({
  ...rest,
  headers: headers.map(([name, value]): Header => {
    if (name === "x-swimlane") return ["x-swimlane-asked", value];
    return name === "baggage" ? ["x-swimlane-asked-baggage", value] : [name, value];
  }),
}));

const text = fc.constantFrom("a", "ab", "ann", "b", "GET", "/cart", "yes", ".example.com", "eu", "caf\u00e9");
const operator = fc.oneof(
  fc.constantFrom("exact", "prefix", "suffix", "contains").chain((key) => text.map((value) => ({[key]: value}))),
  fc.array(text, {minLength: 1, maxLength: 3}).map((list) => ({in: list})),
  fc.boolean().map((present) => ({present})),
);
const named = (...names: string[]): fc.Arbitrary<object> =>
  fc.tuple(fc.constantFrom(...names), operator).map(([name, rest]) => ({name, ...rest}));

/** Conditions of every kind, some levels deep. */
const condition = fc.letrec<{node: Condition; leaf: Condition}>((tie) => ({
  leaf: fc.oneof(
    fc.constant({anyone: true as const}),
    fc.constantFrom("uri", "method", "host", "region", "zone").chain((key) => operator.map((one) => ({[key]: one}))),
    named("x-user", "x-list", "x-none").map((header) => ({header})),
    named("u", "lane", "none").map((query) => ({query})),
    named("uid", "lane", "none").map((cookie) => ({cookie})),
    fc.subarray(["10.0.0.0/8", "192.168.0.0/31", "2001:db8::/32", "0.0.0.0/0"], {minLength: 1}).map((from) => ({from})),
    fc
      .record({
        after: fc.constantFrom(1_700_000_000, 1_700_000_002),
        before: fc.constantFrom(1_700_000_001, 1_700_001_000),
      })
      .map((time) => ({time})),
  ) as fc.Arbitrary<Condition>,
  node: fc.oneof(
    {maxDepth: 3, depthIdentifier: "condition"},
    tie("leaf"),
    fc.array(tie("node"), {maxLength: 3}).map((all) => ({all})),
    fc.array(tie("node"), {maxLength: 3}).map((any) => ({any})),
    tie("node").map((not) => ({not})),
  ),
})).node;

const way: fc.Arbitrary<Way> = fc
  .tuple(
    fc.constantFrom(
      {host: "{lane}.shop.example.com"},
      {host: "pre-{lane}.example.org"},
      {header: "x-swimlane"},
      {header: "baggage"},
      {cookie: "lane"},
      {query: "lane"},
    ),
    condition,
  )
  .map(([one, grant]) => ({...one, grant}));

const key: fc.Arbitrary<Key> = fc.constantFrom({cookie: "uid"}, {header: "x-user"}, {query: "u"});

/** Buckets of up to three lanes, without overlaps. */
const buckets: fc.Arbitrary<Group["buckets"]> = fc
  .uniqueArray(fc.integer({min: 0, max: 10_000}), {minLength: 2, maxLength: 8})
  .map((cuts) => {
    const sorted = [...cuts].sort((a, b) => a - b);
    const runs = sorted
      .slice(1)
      .map((end, index): [number, number] => [sorted[index] ?? 0, end - (sorted[index] ?? 0)]);
    const owned = ["ann", "bob", "next"].map((lane, which) => ({
      lane,
      runs: runs.filter((_run, index) => index % 4 === which),
    }));
    return owned.filter((one) => one.runs.length > 0);
  });

const HOSTS_OF_GROUPS = [["shop.example.com", "*.shop.example.com"], ["pre-*.example.org"], undefined];

/** Groups that share the hosts among them; the last may issue a cookie. */
export const groups: fc.Arbitrary<Group[]> = fc
  .array(
    fc.record({
      ask: fc.array(way, {maxLength: 3}),
      rules: fc.array(fc.record({lane: laneName, when: condition}), {maxLength: 3}),
      sticky: fc
        .tuple(fc.array(key, {maxLength: 2}), fc.boolean())
        .map(([keys, issue]): Key[] => (issue ? [...keys, {issue: "uid"}] : keys)),
      buckets,
    }),
    {maxLength: 3},
  )
  .map((list) =>
    list.map((one, index) => {
      const hosts = HOSTS_OF_GROUPS[index];
      return {name: `shop/g${index}`, ...(hosts ? {hosts} : {}), ...one};
    }),
  );

export const common = fc.record({
  header: fc.constant("x-swimlane"),
  traceIds: fc.subarray([...TRACE_HEADERS]),
});

const podLane = fc.option(laneName, {nil: undefined});

/** Labels of pods, few enough to match often; of one pod, or as a configuration wants them. */
const podLabels: fc.Arbitrary<Labels> = fc
  .tuple(
    often(fc.oneof(laneName, fc.constantFrom("ANN", "a.b", "A_1", ""))),
    often(fc.constantFrom("v1", "v2", "")),
    often(fc.constantFrom("cart", "door")),
  )
  .map(([lanes, versions, apps]) =>
    Object.fromEntries([
      ...lanes.map((value) => ["meshlane.dev/lane", value] as const),
      ...versions.map((value) => ["version", value] as const),
      ...apps.map((value) => ["app", value] as const),
    ]),
  );
const wantedLabels = podLabels.filter((labels) => Object.keys(labels).length > 0);

const pods: fc.Arbitrary<Pods> = fc.record(
  {
    label: fc.constantFrom("meshlane.dev/lane", "version"),
    lanes: fc.array(fc.record({lane: laneName, labels: wantedLabels}), {maxLength: 3}),
    fallbacks: fc.array(laneName, {maxLength: 2}),
  },
  {requiredKeys: []},
);

/** What the two sides of a sidecar are configured with, and what its proxy says of itself. */
export const sidecar = fc.record({
  common,
  plainText: fc.boolean(),
  except: fc.option(fc.array(wantedLabels, {maxLength: 2}), {nil: undefined}),
  lane: podLane,
  gateway: fc.option(fc.boolean(), {nil: undefined}),
  pods: fc.option(pods, {nil: undefined}),
  egress: fc.constantFrom([], ["egress.example.com"], ["a", "egress.example.com"]),
  labels: podLabels,
  router: fc.boolean(),
});
