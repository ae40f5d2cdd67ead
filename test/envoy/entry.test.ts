import {describe, expect, test} from "vitest";
import {ask} from "./rig/client.ts";
import {baggage, context, type Header, lane, NO_CONTEXT, traceparent, values} from "./rig/headers.ts";
import {doorObjects, entryLane} from "./rig/objects.ts";
import {FULL, overEach} from "./rig/suite.ts";

const STAFF = "127.0.0.2";

const objects = [
  ...doorObjects({
    lane: [
      {header: "x-swimlane", from: [`${STAFF}/32`]},
      {header: "baggage", from: [`${STAFF}/32`]},
    ],
  }),
  entryLane("beta", {match: [{headers: {"x-beta": {exact: "1"}}}]}),
  entryLane("half", {weight: 100}),
];

const BETA: Header = ["x-beta", "1"];

overEach(FULL, {proxies: ["door", "edge"], objects}, (mesh, wire) => {
  const remembered = async (id: Header): Promise<string | undefined> => {
    const {headers} = await ask(mesh().outbound("door", "back"), {wire, headers: [id]});
    return context(headers).lane[0];
  };

  describe("an entry service's inbound side: a peer of the mesh", () => {
    test("keeps its context and is remembered", async () => {
      const id = traceparent();
      const headers = [lane("red"), baggage("a=1 ,swimlane=red;p"), BETA];
      const got = await ask(mesh().inbound("door"), {wire, headers: [...headers, id]});
      expect(context(got.headers)).toEqual({lane: ["red"], baggage: ["a=1 ,swimlane=red;p"]});
      expect(await remembered(id)).toBe("red");
    });

    test("is not decided", async () => {
      const got = await ask(mesh().inbound("door"), {wire, headers: [BETA, ["x-forwarded-for", "10.1.1.1"]]});
      expect(context(got.headers)).toEqual(NO_CONTEXT);
      expect(values(got.headers, "x-forwarded-for")).toEqual(["10.1.1.1"]);
    });
  });

  describe("an entry service's inbound side: any other peer is decided as at an edge", () => {
    const plain = (headers: Header[], from = "127.0.0.1") => ask(mesh().plainInbound("door"), {wire, headers, from});

    test("its context is only what it asks for", async () => {
      const headers = [lane("red"), baggage("a=1,swimlane=red,b=2")];
      const refused = context((await plain([...headers, BETA])).headers);
      expect(refused).toEqual({lane: ["beta"], baggage: ["a=1,b=2,swimlane=beta"]});
      const granted = context((await plain([...headers, BETA], STAFF)).headers);
      expect(granted).toEqual({lane: ["red"], baggage: ["a=1,b=2,swimlane=red"]});
      expect(context((await plain([baggage("swimlane=red")], STAFF)).headers).lane).toEqual(["red"]);
    });

    test.each(["x-forwarded-for", "x-real-ip", "forwarded", "x-envoy-external-address"])(
      "a forged %s does not help",
      async (name) => {
        for (const value of [STAFF, `${STAFF}, ${STAFF}`]) {
          expect(context((await plain([lane("red"), BETA, [name, value]])).headers).lane).toEqual(["beta"]);
        }
      },
    );

    test("rules before weights, and a weight of all takes whoever is left", async () => {
      expect(context((await plain([BETA])).headers).lane).toEqual(["beta"]);
      expect(context((await plain([["cookie", "swimlane-id=x"]])).headers).lane).toEqual(["half"]);
    });

    test("the decided lane is remembered", async () => {
      const id = traceparent();
      await plain([BETA, id]);
      expect(await remembered(id)).toBe("beta");
    });
  });

  test("the edge does not decide for a group that names no gateway", async () => {
    const got = await ask(mesh().edge, {wire, headers: [BETA, lane("red")]});
    expect(context(got.headers).lane).toEqual(["red"]);
  });
});
