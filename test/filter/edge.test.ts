import {describe, expect, test} from "vitest";
import {baggage, contextOf, lane, laneIn, locality, pass, start} from "./drive.ts";
import {anyone, asked, askedBaggage, authority, decide, edge, group} from "./edge-drive.ts";
import type {Header} from "./headers.ts";
import {Process} from "./process.ts";
import type {Root} from "./root.ts";

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
    const root = start("edge", {groups: [group({rules})]}, new Process(), locality("eu", "eu-1"));
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
