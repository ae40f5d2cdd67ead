import {describe, expect, test} from "vitest";
import {ask, type Wire} from "./rig/client.ts";
import {baggage, context, type Header, lane, NO_CONTEXT, traceparent, values} from "./rig/headers.ts";
import {filterFile} from "../../manager/render/envoy/filters.ts";
import {NEW, OLD, type TestMesh} from "./rig/mesh.ts";
import {withLabels} from "./rig/node.ts";
import {FULL, onEnvoy, overEach} from "./rig/suite.ts";

/** The lane that the outbound side finds for a request of the application that forwards this trace id alone. */
async function remembered(mesh: TestMesh, wire: Wire, id: Header): Promise<string | undefined> {
  const {headers} = await ask(mesh.outbound("front", "back"), {wire, headers: [id]});
  return context(headers).lane[0];
}

const UNTOUCHED: Header[][] = [
  [lane("red"), baggage("a=1 ,swimlane=red;p,b=\xc3\xa9"), ["x-a", "1"], ["x-a", "2"]],
  [lane("red"), lane("blue"), baggage("swimlane=red"), baggage("swimlane=blue")],
  [lane("RED"), baggage(",,swimlane=,")],
  [lane("red"), baggage("swimlane=blue")],
  [baggage("swimlane=red,swimlane=red")],
  [
    ["x-swimlane-asked", "red"],
    ["x-a", ""],
  ],
];

overEach(FULL, {proxies: ["front"]}, (mesh, wire) => {
  describe("a peer of the mesh", () => {
    test("keeps every header as it is", async () => {
      for (const headers of UNTOUCHED) {
        const names = new Set(headers.map(([name]) => name));
        const got = await ask(mesh().inbound("front"), {wire, headers: [...headers, traceparent()]});
        expect(got.headers.filter(([name]) => names.has(name))).toEqual(headers);
      }
    });

    test.each<[string, Header[], string | undefined]>([
      ["by the header", [lane("red")], "red"],
      ["by the baggage member", [baggage("a=1,swimlane=blue;p")], "blue"],
      ["by the header before the member", [lane("red"), baggage("swimlane=blue")], "red"],
      ["by the member where the header is malformed", [lane("RED"), baggage("swimlane=blue")], "blue"],
      ["by the member where headers differ", [lane("red"), lane("x"), baggage("swimlane=blue")], "blue"],
      ["not where headers differ", [lane("red"), lane("blue")], undefined],
      ["not where members differ", [baggage("swimlane=red,swimlane=blue")], undefined],
    ])("is remembered: %s", async (_carrier, headers, expected) => {
      const id = traceparent();
      await ask(mesh().inbound("front"), {wire, headers: [...headers, id]});
      expect(await remembered(mesh(), wire, id)).toBe(expected);
    });

    test("with several trace ids is remembered by each", async () => {
      const ids: Header[] = [
        traceparent(),
        ["x-request-id", `r-${traceparent()[1]}`],
        ["b3", traceparent()[1].slice(3)],
      ];
      await ask(mesh().inbound("front"), {wire, headers: [lane("red"), ...ids]});
      for (const id of ids) expect(await remembered(mesh(), wire, id)).toBe("red");
    });
  });

  describe("any other peer", () => {
    test("loses its context, and nothing else", async () => {
      const headers: Header[] = [
        lane("red"),
        lane("blue"),
        ["x-a", "1"],
        baggage("a=1;p,swimlane=red,b=2"),
        ["x-a", "2"],
      ];
      const got = await ask(mesh().plainInbound("front"), {wire, headers});
      expect(context(got.headers)).toEqual({lane: [], baggage: ["a=1;p,b=2"]});
      expect(values(got.headers, "x-a")).toEqual(["1", "2"]);
      const alone = await ask(mesh().plainInbound("front"), {wire, headers: [baggage("swimlane=red")]});
      expect(context(alone.headers)).toEqual(NO_CONTEXT);
      const others = await ask(mesh().plainInbound("front"), {wire, headers: [baggage("a=1 , b=2")]});
      expect(context(others.headers).baggage).toEqual(["a=1 , b=2"]);
    });

    test("is not remembered", async () => {
      const id = traceparent();
      await ask(mesh().plainInbound("front"), {wire, headers: [lane("red"), baggage("swimlane=red"), id]});
      expect(await remembered(mesh(), wire, id)).toBeUndefined();
    });

    test("comes without context: an id that a lane holds becomes ambiguous", async () => {
      const id = traceparent();
      await ask(mesh().inbound("front"), {wire, headers: [lane("red"), id]});
      await ask(mesh().plainInbound("front"), {wire, headers: [lane("red"), id]});
      expect(await remembered(mesh(), wire, id)).toBeUndefined();
    });
  });
});

overEach(FULL.slice(0, 2), {proxies: ["front"], plainText: true}, (mesh, wire) => {
  test("where plain text is accepted, every peer keeps its context and is remembered", async () => {
    const headers = [lane("red"), baggage("a=1,swimlane=red")];
    const id = traceparent();
    const got = await ask(mesh().plainInbound("front"), {wire, headers: [...headers, id]});
    expect(context(got.headers)).toEqual({lane: ["red"], baggage: ["a=1,swimlane=red"]});
    expect(await remembered(mesh(), wire, id)).toBe("red");
  });
});

const LABELS: Record<string, Record<string, string>> = {
  front: {app: "front", tier: "web", more: "x"},
  door: {app: "front", tier: ""},
};

onEnvoy(
  [NEW, OLD],
  {
    proxies: ["front", "door"],
    bootstrap: (proxy, bootstrap, mesh) => {
      const configuration = {version: 1, except: [{gone: ""}, {app: "front", tier: "web"}]};
      const file = filterFile("meshlane.inbound", {module: "inbound", configuration});
      mesh.discovery.publish({[`proxies/${proxy}/inbound.json`]: file});
      return withLabels(bootstrap, LABELS[proxy]!);
    },
  },
  (mesh) => {
    const headers = [lane("red"), lane("blue"), baggage("a=1,swimlane=red")];

    test("on a pod that is excepted nothing is done", async () => {
      const id = traceparent();
      const got = await ask(mesh().plainInbound("front"), {headers: [...headers, id]});
      expect(context(got.headers)).toEqual({lane: ["red", "blue"], baggage: ["a=1,swimlane=red"]});
      await ask(mesh().inbound("front"), {headers: [lane("red"), id]});
      expect(await remembered(mesh(), "HTTP/1.1", id)).toBeUndefined();
    });

    test("on a pod that has not all labels of one set, all is", async () => {
      const got = await ask(mesh().plainInbound("door"), {headers});
      expect(context(got.headers)).toEqual({lane: [], baggage: ["a=1"]});
      const id = traceparent();
      await ask(mesh().inbound("door"), {headers: [lane("red"), id]});
      const {headers: sent} = await ask(mesh().outbound("door", "back"), {headers: [id]});
      expect(context(sent).lane).toEqual(["red"]);
    });
  },
);
