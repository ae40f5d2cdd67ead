import {describe, expect, test} from "vitest";
import {bucket} from "../reference/hash.ts";
import {baggage, contextOf, lane, laneIn, OTHER_TRACE, pass, send, start, traceparent} from "./drive.ts";
import type {Header} from "./headers.ts";
import {Process} from "./process.ts";
import type {Root} from "./root.ts";

const asked = (name: string): Header => ["x-swimlane-asked", name];
const askedBaggage = (line: string): Header => ["x-swimlane-asked-baggage", line];
const authority = (name: string): Header => [":authority", name];
const anyone = {anyone: true};
const group = (fields: object): object => ({name: "shop/shop", ask: [], rules: [], sticky: [], buckets: [], ...fields});
const edge = (fields: object, rest: object = {}): Root => start("edge", {groups: [group(fields)], ...rest});
/** The lane that a request with these headers is put into. */
const decide = (root: Root, ...headers: Header[]): string | undefined => laneIn(pass(root, headers));

describe("the context of a client is removed unless a way in accepts it", () => {
  test("what the native strip moved is removed; others have their baggage members back", () => {
    const headers = pass(edge({}), [[":path", "/"], asked("ann"), askedBaggage("a=1;p=\xff,swimlane=ann,b=2")]);
    expect(headers.map((one) => one[0])).toEqual([":path", "baggage"]);
    expect(headers[1]?.[1].split(",").map((one) => one.trim())).toEqual(["a=1;p=\xff", "b=2"]);
  });

  test("a baggage of ours alone leaves none", () => {
    expect(pass(edge({}), [[":path", "/"], askedBaggage("swimlane=ann")])).toEqual([[":path", "/"]]);
  });

  test("a context that came around the native strip is removed too", () => {
    const headers = pass(edge({}), [lane("ann"), lane("bob"), baggage("a=1,swimlane=ann")]);
    expect(contextOf(headers)).toEqual({header: [], baggage: []});
    expect(headers).toContainEqual(baggage("a=1"));
  });

  test("where nothing was stripped natively", () => {
    const root = edge({}, {stripped: false});
    const headers = pass(root, [lane("ann"), lane("bob"), baggage("a=1,swimlane=ann")]);
    expect(headers).toEqual([baggage("a=1")]);
  });

  test("a request without any of it goes on unchanged", () => {
    const headers: Header[] = [[":path", "/"], authority("shop.example.com"), ["x", "1"]];
    expect(pass(edge({rules: [{lane: "ann", when: {any: []}}]}), headers)).toEqual(headers);
  });

  test("in no group at all", () => {
    const root = edge({hosts: ["shop.example.com"], ask: [{header: "x-swimlane", grant: anyone}]});
    expect(pass(root, [authority("other.example.com"), asked("ann")])).toEqual([authority("other.example.com")]);
  });
});

describe("ways in", () => {
  const way = (one: object): Root => edge({ask: [{...one, grant: anyone}]});

  test("host template", () => {
    const root = way({host: "{lane}.shop.example.com"});
    expect(decide(root, authority("Ann.Shop.example.com:8443"))).toBe("ann");
    expect(decide(root, authority("shop.example.com"))).toBeUndefined();
    expect(decide(root, authority(".shop.example.com"))).toBeUndefined();
    expect(decide(root, authority("a.b.shop.example.com"))).toBeUndefined();
    expect(decide(root, authority("ann.shop.example.com.evil.org"))).toBeUndefined();
  });

  test("host template with the lane in the middle of a label", () => {
    const root = way({host: "pre-{lane}-x.example.com"});
    expect(decide(root, authority("pre-ann-x.example.com"))).toBe("ann");
    expect(decide(root, authority("pre-x.example.com"))).toBeUndefined();
    expect(decide(root, authority("pre--x.example.com"))).toBeUndefined();
  });

  test("the context header is read as the client sent it", () => {
    const root = way({header: "x-swimlane"});
    expect(decide(root, asked("ann"))).toBe("ann");
    expect(decide(root, lane("ann"))).toBeUndefined();
    const unstripped = edge({ask: [{header: "x-swimlane", grant: anyone}]}, {stripped: false});
    expect(decide(unstripped, lane("ann"))).toBe("ann");
  });

  test("the baggage member as the client sent it", () => {
    const root = way({header: "baggage"});
    expect(decide(root, askedBaggage("a=1,swimlane=ann;p"))).toBe("ann");
    expect(decide(root, askedBaggage("swimlane=ann,swimlane=bob"))).toBeUndefined();
    expect(decide(root, asked("ann"))).toBeUndefined();
    const unstripped = edge({ask: [{header: "baggage", grant: anyone}]}, {stripped: false});
    expect(decide(unstripped, baggage("swimlane=ann"))).toBe("ann");
  });

  test("another header, a cookie, a query parameter", () => {
    expect(decide(way({header: "x-team"}), ["x-team", "ann"])).toBe("ann");
    expect(decide(way({cookie: "lane"}), ["cookie", "a=1; lane=ann"])).toBe("ann");
    expect(decide(way({query: "lane"}), [":path", "/?x=1&lane=ann#top"])).toBe("ann");
  });

  test.each(["ANN", "", "ann-", "a".repeat(64), "a.b", "\xff"])("no lane name, no way in: %j", (name) => {
    expect(decide(way({header: "x-swimlane"}), asked(name))).toBeUndefined();
    expect(decide(way({cookie: "lane"}), ["cookie", `lane=${name}`])).toBeUndefined();
  });

  test("the first way with a grant wins", () => {
    const ask = [
      {header: "x-swimlane", grant: {from: ["10.0.0.0/8"]}},
      {cookie: "lane", grant: anyone},
      {query: "lane", grant: anyone},
    ];
    const root = edge({ask});
    const headers: Header[] = [asked("ann"), ["cookie", "lane=bob"], [":path", "/?lane=cleo"]];
    expect(laneIn(pass(root, headers, {source: "10.0.0.9:1"}))).toBe("ann");
    expect(laneIn(pass(root, headers, {source: "192.0.2.9:1"}))).toBe("bob");
    expect(laneIn(pass(root, headers.slice(2), {source: "192.0.2.9:1"}))).toBe("cleo");
    expect(laneIn(pass(root, headers.slice(0, 1), {source: "192.0.2.9:1"}))).toBeUndefined();
  });

  test("a grant looks at the address that Envoy trusts, never at what the client says", () => {
    const root = edge({ask: [{header: "x-swimlane", grant: {from: ["10.0.0.0/8"]}}]});
    const headers: Header[] = [asked("ann"), ["x-forwarded-for", "10.0.0.1"]];
    expect(laneIn(pass(root, headers, {source: "192.0.2.9:1"}))).toBeUndefined();
    expect(laneIn(pass(root, headers))).toBeUndefined();
  });
});

describe("rules", () => {
  test("after the ways in, the first match wins", () => {
    const root = edge({
      ask: [{header: "x-swimlane", grant: anyone}],
      rules: [
        {lane: "one", when: {header: {name: "x", prefix: "a"}}},
        {lane: "two", when: {header: {name: "x", exact: "ab"}}},
        {lane: "three", when: {method: {exact: "GET"}}},
      ],
    });
    expect(decide(root, ["x", "ab"])).toBe("one");
    expect(decide(root, ["x", "b"], [":method", "GET"])).toBe("three");
    expect(decide(root, ["x", "ab"], asked("ann"))).toBe("ann");
    expect(decide(root, ["x", "b"])).toBeUndefined();
  });

  test("region and zone are the proxy's own", () => {
    const rules = [{lane: "ann", when: {all: [{region: {exact: "eu"}}, {zone: {exact: "eu-1"}}]}}];
    const node = {"node\0locality\0region": "eu", "node\0locality\0zone": "eu-1"};
    const root = start("edge", {groups: [group({rules})]}, new Process(), node);
    expect(decide(root, ["x", "1"])).toBe("ann");
    expect(decide(edge({rules}), ["x", "1"])).toBeUndefined();
  });

  test("time is the clock's at the request", () => {
    const process = new Process();
    const now = Number(process.now / 1_000_000_000n);
    const rules = [{lane: "ann", when: {time: {after: now + 10, before: now + 20}}}];
    const root = start("edge", {groups: [group({rules})]}, process);
    const found = [0, 9.999, 0.001, 9.999, 0.001].map((seconds) => {
      process.pass(seconds);
      return decide(root, ["x", "1"]);
    });
    expect(found).toEqual([undefined, undefined, "ann", "ann", undefined]);
  });
});

describe("weights", () => {
  const buckets = [{lane: "next", runs: [[0, 5000]]}];
  const keyIn = (owned: boolean): string => {
    for (let i = 0; ; i++) if (bucket("shop/shop", `key-${i}`) < 5000 === owned) return `key-${i}`;
  };
  const [inside, outside] = [keyIn(true), keyIn(false)];

  test("after the rules", () => {
    const root = edge({
      sticky: [{header: "x-user"}],
      buckets,
      rules: [{lane: "ann", when: {header: {name: "x", present: true}}}],
    });
    expect(decide(root, ["x-user", inside])).toBe("next");
    expect(decide(root, ["x-user", outside])).toBeUndefined();
    expect(decide(root, ["x-user", inside], ["x", ""])).toBe("ann");
  });

  test("the first key that is present decides, an empty one is absent", () => {
    const root = edge({sticky: [{cookie: "uid"}, {header: "x-user"}, {query: "u"}], buckets});
    expect(decide(root, ["cookie", `uid=${outside}`], ["x-user", inside])).toBeUndefined();
    expect(decide(root, ["cookie", "uid="], ["x-user", inside])).toBe("next");
    expect(decide(root, ["cookie", "other=1"], [":path", `/?u=${inside}`])).toBe("next");
    expect(decide(root, ["cookie", "uid="], ["x-user", ""], [":path", "/?u="])).toBeUndefined();
  });

  test("the group's name is the salt", () => {
    const names = Array.from({length: 64}, (_, i) => `shop/g${i}`);
    for (const name of names) {
      const root = start("edge", {groups: [group({name, sticky: [{header: "x-user"}], buckets})]});
      expect(decide(root, ["x-user", "ann"])).toBe(bucket(name, "ann") < 5000 ? "next" : undefined);
      root.remove();
    }
  });

  test("several runs and lanes", () => {
    const owners = [
      {
        lane: "one",
        runs: [
          [0, 1000],
          [9000, 1000],
        ],
      },
      {
        lane: "two",
        runs: [
          [1000, 1],
          [5000, 2500],
        ],
      },
    ];
    const root = edge({sticky: [{header: "x-user"}], buckets: owners});
    const owner = (number: number): string | undefined => {
      if (number < 1000 || number >= 9000) return "one";
      return number === 1000 || (number >= 5000 && number < 7500) ? "two" : undefined;
    };
    for (let i = 0; i < 3000; i++) {
      expect(decide(root, ["x-user", `user-${i}`])).toBe(owner(bucket("shop/shop", `user-${i}`)));
    }
  });
});

describe("the issued cookie", () => {
  const issuing = (): Root =>
    start("edge-response", {
      groups: [group({sticky: [{cookie: "old"}, {issue: "uid"}], buckets: [{lane: "next", runs: [[0, 5000]]}]})],
    });

  test("is set on the response, and its request is already assigned by it", () => {
    const root = issuing();
    const lanes = new Set<string | undefined>();
    const keys = new Set<string>();
    for (let i = 0; i < 64; i++) {
      const stream = root.request([[":path", "/"]]);
      const [cookie = "", ...others] = stream
        .respond([["set-cookie", "app=1"]])
        .all("set-cookie")
        .slice(1);
      stream.end();
      expect(others).toEqual([]);
      const [, key = ""] = /^uid=([0-9a-f]{32}); Path=\/; Max-Age=31536000; HttpOnly; SameSite=Lax$/.exec(cookie) ?? [];
      keys.add(key);
      const expected = bucket("shop/shop", key) < 5000 ? "next" : undefined;
      expect(stream.requestHeaders.get("x-swimlane")).toBe(expected);
      expect(decide(root, ["cookie", `uid=${key}`])).toBe(expected);
      lanes.add(expected);
    }
    expect([keys.size, lanes.size]).toEqual([64, 2]);
  });

  test.each([
    ["who has the cookie", ["cookie", "uid=abc"]],
    ["who has an earlier key", ["cookie", "old=abc"]],
  ] as [string, Header][])("not for %s", (_who, header) => {
    const stream = issuing().request([header]);
    expect(stream.respond([]).list()).toEqual([]);
  });

  test("not for who is in a lane by a way in or a rule", () => {
    const root = start("edge-response", {
      groups: [
        group({
          ask: [{header: "x-swimlane", grant: anyone}],
          rules: [{lane: "ann", when: {header: {name: "x", present: true}}}],
          sticky: [{issue: "uid"}],
          buckets: [{lane: "next", runs: [[0, 10000]]}],
        }),
      ],
    });
    expect(
      root
        .request([asked("bob")])
        .respond([])
        .list(),
    ).toEqual([]);
    expect(
      root
        .request([["x", "1"]])
        .respond([])
        .list(),
    ).toEqual([]);
    expect(
      root
        .request([[":path", "/"]])
        .respond([])
        .list(),
    ).toHaveLength(1);
  });

  test("an empty cookie counts as absent", () => {
    expect(
      issuing()
        .request([["cookie", "uid="]])
        .respond([])
        .all("set-cookie"),
    ).toHaveLength(1);
  });

  test("responses out of order get their own", () => {
    const root = issuing();
    const streams = Array.from({length: 20}, () => root.request([[":path", "/"]]));
    const known = root.request([["cookie", "uid=abc"]]);
    for (const stream of [...streams].reverse()) {
      const key = /^uid=([0-9a-f]{32});/.exec(stream.respond([]).get("set-cookie") ?? "")?.[1] ?? "";
      expect(stream.requestHeaders.get("x-swimlane")).toBe(bucket("shop/shop", key) < 5000 ? "next" : undefined);
    }
    expect(known.respond([]).list()).toEqual([]);
  });

  test("streams that end without a response leave nothing behind", () => {
    const root = issuing();
    for (let i = 0; i < 50_000; i++) root.request([[":path", "/"]]).end();
    const stream = root.request([[":path", "/"]]);
    expect(stream.respond([]).all("set-cookie")).toHaveLength(1);
  });
});

describe("what is written", () => {
  const rules = [{lane: "ann", when: anyone}];

  test("the header, and the baggage member beside those of others", () => {
    const headers = pass(edge({rules}), [
      [":path", "/"],
      askedBaggage("a=1 ;p=\xff,swimlane=bob"),
      askedBaggage("b=%2C"),
    ]);
    expect(contextOf(headers)).toEqual({header: ["ann"], baggage: ["ann"]});
    const line = headers.filter((one) => one[0] === "baggage").map((one) => one[1]);
    expect(line.join(",")).toContain("a=1 ;p=\xff");
    expect(line.join(",")).toContain("b=%2C");
  });

  test("without other members", () => {
    expect(pass(edge({rules}), [[":path", "/"]])).toEqual(
      expect.arrayContaining([lane("ann"), baggage("swimlane=ann"), [":path", "/"]]),
    );
  });

  test.each([
    ["bytes", `a=${"x".repeat(8192 - 13 - 2)}`, `a=${"x".repeat(8192 - 13 - 1)}`],
    [
      "members",
      Array.from({length: 63}, (_, i) => `k${i}=v`).join(","),
      Array.from({length: 64}, (_, i) => `k${i}=v`).join(","),
    ],
  ])("W3C's limit of %s: the member is left out where there is no room, the header is not", (_what, fits, full) => {
    const root = edge({rules}, {stripped: true});
    expect(contextOf(pass(root, [askedBaggage(fits)]))).toEqual({header: ["ann"], baggage: ["ann"]});
    const headers = pass(root, [askedBaggage(full)]);
    expect(contextOf(headers)).toEqual({header: ["ann"], baggage: []});
    expect(headers).toContainEqual(baggage(full));
  });
});

describe("groups", () => {
  const rule = (name: string): object => ({rules: [{lane: name, when: anyone}]});
  const root = (): Root =>
    start("edge", {
      groups: [
        group({name: "a/a", hosts: ["shop.example.com", "*.shop.example.com"], ...rule("a")}),
        group({name: "b/b", ...rule("b")}),
        group({name: "c/c", hosts: ["pre-*.example.org"], ...rule("c")}),
      ],
    });

  test.each([
    ["shop.example.com", "a"],
    ["SHOP.Example.com:443", "a"],
    ["x.shop.example.com", "a"],
    ["x.y.shop.example.com", "b"],
    [".shop.example.com", "b"],
    ["shop.example.com.org", "b"],
    ["pre-1.example.org", "c"],
    ["pre-.example.org", "b"],
    ["pre-1.2.example.org", "b"],
    ["other.org", "b"],
  ])("%s is of group %s", (name, expected) => {
    expect(decide(root(), authority(name))).toBe(expected);
  });

  test("without authority: the group that takes the rest", () => {
    expect(decide(root(), [":path", "/"])).toBe("b");
  });

  test("no group", () => {
    const empty = start("edge", {groups: []});
    expect(pass(empty, [authority("shop.example.com"), asked("ann")])).toEqual([authority("shop.example.com")]);
  });
});

describe("an entry service's inbound side", () => {
  const entry = (process: Process, remember = {plainText: false}): Root =>
    start(
      "edge",
      {stripped: false, remember, groups: [group({ask: [{header: "x-swimlane", grant: anyone}]})]},
      process,
    );

  test("a peer of the mesh keeps its context, and it is remembered", () => {
    const process = new Process();
    const headers: Header[] = [lane("ann"), baggage(" swimlane=bob "), traceparent()];
    expect(pass(entry(process), headers, {mtls: true})).toEqual(headers);
    expect(laneIn(send(start("outbound", {}, process), traceparent()))).toBe("ann");
  });

  test("for any other peer the edge decides, and its decision is remembered", () => {
    const process = new Process();
    expect(laneIn(pass(entry(process), [lane("ann"), traceparent()], {mtls: false}))).toBe("ann");
    expect(laneIn(send(start("outbound", {}, process), traceparent()))).toBe("ann");
  });

  test("no lane: the ids become ambiguous", () => {
    const process = new Process();
    const root = entry(process);
    pass(root, [lane("ann"), traceparent(OTHER_TRACE)], {mtls: false});
    pass(root, [baggage("swimlane=ann"), traceparent(OTHER_TRACE)], {mtls: false});
    expect(laneIn(send(start("outbound", {}, process), traceparent(OTHER_TRACE)))).toBeUndefined();
  });

  test("plain text is of the mesh where it is configured", () => {
    const headers: Header[] = [baggage("swimlane=ann"), traceparent()];
    expect(pass(entry(new Process(), {plainText: true}), headers, {mtls: false})).toEqual(headers);
  });

  test("a gateway remembers nothing", () => {
    const process = new Process();
    const root = start("edge", {groups: [group({ask: [{header: "x-swimlane", grant: anyone}]})]}, process);
    pass(root, [asked("ann"), traceparent()]);
    expect(process.shared.size).toBe(0);
  });
});
