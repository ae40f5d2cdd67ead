import {describe, expect, test} from "vitest";
import {laneOfBucket} from "../reference/edge.ts";
import {bucket} from "../reference/hash.ts";
import {ask, type Call, send} from "./rig/client.ts";
import {context, type Header, values} from "./rig/headers.ts";
import type {TestMesh} from "./rig/mesh.ts";
import {edgeGroup, edgeLane, laneObjects} from "./rig/objects.ts";
import {FULL, overEach} from "./rig/suite.ts";

const stickyBy = [{cookie: "uid"}, {header: "x-user"}, {query: "user"}];

const objects = [
  ...laneObjects(),
  edgeGroup("shop", {hosts: ["shop.test"]}, {stickyBy}),
  edgeLane("next", "shop", {weight: 20}),
  edgeLane("late", "shop", {weight: 30.25}),
  edgeGroup("salt", {hosts: ["salt.test"]}, {stickyBy}),
  edgeLane("salted", "salt", {weight: 50}),
  edgeGroup("issued", {hosts: ["issued.test"]}),
  edgeLane("half", "issued", {weight: 50}),
];

const KEYS = Array.from({length: 30}, (_, i) => `user-${i}`);

/** The lane by the reference, from the buckets that the manager gave out. */
function expected(mesh: TestMesh, group: string, key: string): string | undefined {
  const {buckets} = mesh.plan.groups.find(({name}) => name === group)!;
  return laneOfBucket({buckets}, bucket(group, key));
}

overEach(FULL, {proxies: ["edge"], objects}, (mesh, wire) => {
  const laneOf = async (call: Call): Promise<string | undefined> =>
    context((await ask(mesh().edge, {wire, authority: "shop.test", ...call})).headers).lane[0];
  const user = (key: string): Call => ({headers: [["cookie", `uid=${key}`]]});

  describe("a sticky key decides by its bucket", () => {
    test("the same user is in the same lane every time", async () => {
      const found = await Promise.all(KEYS.map((key) => laneOf(user(key))));
      expect(found).toEqual(KEYS.map((key) => expected(mesh(), "edges/shop", key)));
      expect(new Set(found)).toEqual(new Set(["next", "late", undefined]));
    });

    test("the hash is salted by the group", async () => {
      const other = {authority: "salt.test"};
      const lanes = await Promise.all(KEYS.map((key) => laneOf({...other, ...user(key)})));
      expect(lanes).toEqual(KEYS.map((key) => expected(mesh(), "edges/salt", key)));
    });

    test("it is the first that is present; an empty one counts as absent", async () => {
      const [inNext, inLate] = ["next", "late"].map((lane) =>
        KEYS.find((key) => expected(mesh(), "edges/shop", key) === lane)!,
      );
      const none = KEYS.find((key) => expected(mesh(), "edges/shop", key) === undefined)!;
      const byHeader: Header = ["x-user", inLate!];
      expect(await laneOf({headers: [["cookie", `uid=${inNext}`], byHeader]})).toBe("next");
      expect(await laneOf({headers: [["cookie", "uid="], byHeader]})).toBe("late");
      expect(await laneOf({headers: [byHeader], path: `/?user=${inNext}`})).toBe("late");
      expect(await laneOf({path: `/?user=${inNext}`})).toBe("next");
      expect(await laneOf({headers: [["cookie", `uid=${none}`], byHeader]})).toBeUndefined();
    });

    test("without a key a request is the baseline's", async () => {
      expect(await laneOf({})).toBeUndefined();
    });
  });

  describe("the edge issues a sticky cookie", () => {
    const enter = async (headers: readonly Header[]): Promise<{lane: string | undefined; cookies: string[]}> => {
      const call = {wire, authority: "issued.test", headers};
      const answer = await send(mesh().edge, call);
      const body = answer.body.toString();
      const got = JSON.parse(body.slice(body.indexOf("{"))) as {headers: Header[]};
      return {lane: context(got.headers).lane[0], cookies: values(answer.headers, "set-cookie")};
    };

    test("on the response of the request that had none, which it already decides", async () => {
      const lanes = new Set<string | undefined>();
      const keys = new Set<string>();
      for (let i = 0; i < 12; i++) {
        const first = await enter([["cookie", "a=b"]]);
        expect(first.cookies).toHaveLength(1);
        const form = /^swimlane-id=([0-9a-f]{32}); Path=\/; Max-Age=31536000; HttpOnly; SameSite=Lax$/;
        const key = form.exec(first.cookies[0]!)?.[1];
        expect(first.lane).toBe(expected(mesh(), "edges/issued", key!));
        const again = await enter([["cookie", `a=b; swimlane-id=${key}`]]);
        expect(again).toEqual({lane: first.lane, cookies: []});
        keys.add(key!);
        lanes.add(first.lane);
      }
      expect(keys.size).toBe(12);
      expect(lanes).toEqual(new Set(["half", undefined]));
    });

    test("of its own group only", async () => {
      const {headers} = await send(mesh().edge, {wire, authority: "shop.test"});
      expect(values(headers, "set-cookie")).toEqual([]);
    });

    test("each of many responses under way at once has its own", async () => {
      const all = await Promise.all(Array.from({length: 40}, () => enter([])));
      for (const {lane, cookies} of all) {
        const key = /^swimlane-id=([0-9a-f]{32});/.exec(cookies[0]!)![1]!;
        expect(lane).toBe(expected(mesh(), "edges/issued", key));
      }
      expect(new Set(all.map(({cookies}) => cookies[0])).size).toBe(40);
    });
  });
});
