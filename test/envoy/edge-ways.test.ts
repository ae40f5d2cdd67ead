import {describe, expect, test} from "vitest";
import {ask, type Call} from "./rig/client.ts";
import {baggage, context, type Header, lane, NO_CONTEXT, values} from "./rig/headers.ts";
import {edgeGroup, laneObjects} from "./rig/objects.ts";
import {FULL, onEnvoy} from "./rig/suite.ts";

const STAFF = "127.0.0.2";
const CI = "127.0.0.3";

const WAYS = [
  {host: "{lane}.ways.test", from: [`${STAFF}/32`]},
  {header: "x-swimlane", from: [`${STAFF}/32`]},
  {header: "baggage", from: [`${CI}/32`, `${STAFF}/32`]},
  {header: "x-want", anyone: true},
  {cookie: "lane", from: ["127.0.0.2/31"]},
  {query: "lane", from: ["::ffff:127.0.0.2/128"]},
];

const objects = [
  ...laneObjects(),
  edgeGroup("ways", {hosts: ["ways.test"], lane: WAYS}),
  edgeGroup("silent", {hosts: ["silent.test", "*.silent.test"]}),
  edgeGroup("twice", {
    hosts: ["twice.test"],
    lane: [
      {query: "a", anyone: true},
      {query: "b", anyone: true},
    ],
  }),
];

const cookie = (value: string): Header => ["cookie", value];
const want = (name: string): Header => ["x-want", name];

onEnvoy(FULL, {proxies: ["edge"], objects}, (mesh, {wires}) => {
  describe.each(wires)("over %s", (wire) => {
    const enter = async (call: Call): Promise<Header[]> => (await ask(mesh().edge, {wire, ...call})).headers;
    const laneOf = async (call: Call): Promise<string | undefined> =>
      context(await enter({authority: "ways.test", ...call})).lane[0];

    describe("the context of the outside is removed unless a way in accepts it", () => {
      test("header and baggage member", async () => {
        const headers = [lane("red"), baggage("swimlane=red")];
        expect(context(await enter({authority: "silent.test", headers}))).toEqual(NO_CONTEXT);
        expect(context(await enter({authority: "ways.test", headers}))).toEqual(NO_CONTEXT);
      });

      test("repeated headers", async () => {
        const headers = [lane("red"), lane("blue"), baggage("swimlane=red"), baggage("swimlane=blue")];
        expect(context(await enter({authority: "silent.test", headers}))).toEqual(NO_CONTEXT);
      });

      test("the headers of the native strip, whoever wrote them, reach nobody", async () => {
        const headers: Header[] = [
          ["x-swimlane-asked", "red"],
          ["x-swimlane-asked-baggage", "a=1,swimlane=red"],
        ];
        for (const more of [[], [lane("red"), baggage("a=1,swimlane=red")]]) {
          const got = await enter({authority: "ways.test", headers: [...headers, ...more], from: STAFF});
          expect(got.filter(([name]) => name.includes("asked"))).toEqual([]);
          expect(context(got).lane).toEqual(more.length === 0 ? [] : ["red"]);
        }
      });

      test("members of others are given back byte for byte", async () => {
        const others = 'a=1;p=x;q,b=%20%C3%A9, c = d\t;e=f,swim=1,swimlane2=x,SWIMLANE=y,x="\xc3\xa9"';
        const [plain] = values(await enter({authority: "silent.test", headers: [baggage(others)]}), "baggage");
        expect(plain).toBe(others.replace(", c", ",c"));
        const mixed = [baggage(`swimlane=red;p=1,${others} , swimlane = blue`)];
        const [cleaned] = values(await enter({authority: "silent.test", headers: mixed}), "baggage");
        expect(cleaned).toBe(plain);
      });
    });

    test("members of others are given back out of several baggage headers", async () => {
      const headers = [baggage("a=1"), baggage("swimlane=red,b=2"), baggage("c=\xc3\xa9\xff")];
      expect(context(await enter({authority: "silent.test", headers})).baggage).toEqual(["a=1,b=2,c=\xc3\xa9\xff"]);
    });

    describe("a way in lets in whom its grant covers", () => {
      test.each<[string, string, Call]>([
        ["a host template", STAFF, {authority: "red.ways.test"}],
        ["a host template, whatever the port and the case", STAFF, {authority: "RED.Ways.Test:8080"}],
        ["the context header", STAFF, {headers: [lane("red")]}],
        ["another header", "127.0.0.9", {headers: [want("red")]}],
        ["a baggage member", CI, {headers: [baggage("a=1,swimlane=red;p,b=2")]}],
        ["a cookie", CI, {headers: [cookie("a=b; lane=red; c=d")]}],
        ["a cookie in a header of its own", CI, {headers: [cookie("a=b"), cookie("lane=red")]}],
        ["a query parameter", STAFF, {path: "/x?a=b&lane=red&lane=blue&c=d"}],
      ])("%s", async (_way, from, call) => {
        expect(await laneOf({...call, from})).toBe("red");
      });

      test.each<[string, Call]>([
        ["a host template", {authority: "red.ways.test"}],
        ["the context header", {headers: [lane("red")]}],
        ["a baggage member", {headers: [baggage("swimlane=red")]}],
        ["a cookie", {headers: [cookie("lane=red")]}],
        ["a query parameter", {path: "/?lane=red"}],
      ])("and nobody else: %s", async (_way, call) => {
        expect(await laneOf(call)).toBeUndefined();
      });

      test.each(["x-forwarded-for", "x-real-ip", "forwarded", "x-envoy-external-address", "x-client-ip"])(
        "a forged %s does not help",
        async (name) => {
          for (const value of [STAFF, `${STAFF}, ${STAFF}`, `for=${STAFF}`]) {
            expect(await laneOf({headers: [lane("red"), [name, value]]})).toBeUndefined();
          }
        },
      );

      test.each(["RED", "-red", "red-", "r.d", "", "r".repeat(64), "red,blue", "\xc3\xa9"])(
        "a name that is none is not asked for: %j",
        async (name) => {
          expect(await laneOf({headers: [lane(name)], from: STAFF})).toBeUndefined();
          expect(await laneOf({headers: [cookie(`lane=${name}`)], from: STAFF})).toBeUndefined();
        },
      );

      test("the longest name is one", async () => {
        const longest = "r".repeat(63);
        expect(await laneOf({headers: [lane(longest)], from: STAFF})).toBe(longest);
      });
    });

    describe("ways in are tried in their order", () => {
      test("the first that names a lane wins", async () => {
        const headers = [want("d"), cookie("lane=e"), baggage("swimlane=c"), lane("b")];
        const all = {authority: "a.ways.test", path: "/?lane=f", from: STAFF};
        expect(await laneOf({...all, headers})).toBe("a");
        expect(await laneOf({...all, authority: "ways.test", headers})).toBe("b");
        expect(await laneOf({...all, authority: "ways.test", headers: headers.slice(0, 3)})).toBe("c");
        expect(await laneOf({...all, authority: "ways.test", headers: headers.slice(0, 2)})).toBe("d");
        expect(await laneOf({...all, authority: "ways.test", headers: headers.slice(1, 2)})).toBe("e");
        expect(await laneOf({...all, authority: "ways.test"})).toBe("f");
        expect(await laneOf({authority: "twice.test", path: "/?b=blue&a=red"})).toBe("red");
      });

      test("one whose grant does not hold is passed over", async () => {
        expect(await laneOf({headers: [lane("b"), want("d")]})).toBe("d");
        expect(await laneOf({headers: [lane("b"), baggage("swimlane=c"), want("d")], from: CI})).toBe("c");
      });
    });

    describe("the context is written", () => {
      test("as the header, and as the baggage member beside those of others", async () => {
        const headers = [want("red"), baggage("a=1,swimlane=blue,b=2")];
        const got = context(await enter({authority: "ways.test", headers}));
        expect(got).toEqual({lane: ["red"], baggage: ["a=1,b=2,swimlane=red"]});
        const alone = context(await enter({authority: "ways.test", headers: [want("red")]}));
        expect(alone).toEqual({lane: ["red"], baggage: ["swimlane=red"]});
      });

      test("within the limits of W3C baggage", async () => {
        const full = Array.from({length: 64}, (_, i) => `k${i}=v`).join(",");
        const headers = [want("red"), baggage(full)];
        expect(context(await enter({authority: "ways.test", headers}))).toEqual({lane: ["red"], baggage: [full]});
      });
    });

    describe("the group is the one that has the authority", () => {
      test("a host, a host template, or none: the one that takes the rest", async () => {
        expect(await laneOf({authority: "anything.test", headers: [lane("red")]})).toBe("red");
        expect(await laneOf({authority: "silent.test:80", headers: [lane("red")]})).toBeUndefined();
        expect(await laneOf({authority: "a.silent.test", headers: [lane("red")]})).toBeUndefined();
        expect(await laneOf({authority: "b.a.silent.test", headers: [lane("red")]})).toBe("red");
        expect(await laneOf({authority: "x.ways.test", headers: [lane("red")]})).toBeUndefined();
      });
    });

    test("a request without trace gets one", async () => {
      const [id] = values(await enter({}), "traceparent");
      expect(id).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    });
  });

  test("the native strip alone lets nothing in: with the filter away every request is the baseline's", async () => {
    const files = Object.entries(mesh().render({withoutFilter: true})).filter(([path]) =>
      path.startsWith("proxies/edge"),
    );
    await mesh().publish(Object.fromEntries(files));
    for (const wire of ["HTTP/1.1", "HTTP/2", "gRPC"] as const) {
      const headers = [lane("red"), lane("red"), baggage("a=1,swimlane=red"), baggage("swimlane=red")];
      for (const authority of ["anything.test", "ways.test"]) {
        const got = await ask(mesh().edge, {wire, authority, headers, from: STAFF});
        expect(context(got.headers)).toEqual(NO_CONTEXT);
      }
    }
  });
});
