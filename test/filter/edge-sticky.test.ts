import {describe, expect, test} from "vitest";
import {start} from "./drive.ts";
import {anyone, asked, decide, edge, group} from "./edge-drive.ts";
import type {Header} from "./headers.ts";
import type {Root} from "./root.ts";
import {bucket} from "../reference/hash.ts";

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

const issuing = (): Root =>
  start("edge-response", {
    groups: [group({sticky: [{cookie: "old"}, {issue: "uid"}], buckets: [{lane: "next", runs: [[0, 5000]]}]})],
  });

describe("the issued cookie", () => {
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

describe("no cookie is issued", () => {
  test.each([
    ["who has the cookie", ["cookie", "uid=abc"]],
    ["who has an earlier key", ["cookie", "old=abc"]],
  ] as [string, Header][])("for %s", (_who, header) => {
    const stream = issuing().request([header]);
    expect(stream.respond([]).list()).toEqual([]);
  });

  test("for who is in a lane by a way in or a rule", () => {
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
});
