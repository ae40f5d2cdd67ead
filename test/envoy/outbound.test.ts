import {describe, expect, test} from "vitest";
import {bareTarget, withBareListener} from "./rig/bare.ts";
import {ask, send} from "./rig/client.ts";
import {
  baggage,
  context,
  type Header,
  hex,
  lane,
  NO_CONTEXT,
  TRACE_HEADERS,
  traceparent,
  values,
} from "./rig/headers.ts";
import {FULL, overEach} from "./rig/suite.ts";

overEach(FULL, {proxies: ["front", "back--red"], bootstrap: withBareListener}, (mesh, wire) => {
  const receive = (...headers: Header[]) => ask(mesh().inbound("front"), {wire, headers});
  const call = async (...headers: Header[]) => {
    const got = await ask(mesh().outbound("front", "back"), {wire, headers});
    return {app: got.app, ...context(got.headers)};
  };
  const fork = async (...headers: Header[]) => {
    const got = await ask(mesh().outbound("back--red", "tail"), {wire, headers});
    return {app: got.app, ...context(got.headers)};
  };
  const bare = async (path: string, ...headers: Header[]) => {
    const got = await ask(bareTarget(mesh()), {wire, path, headers});
    return {app: got.app, ...context(got.headers)};
  };

  describe("the context is restored, and Envoy picks the route anew", () => {
    test("header", async () => {
      expect(await call(lane("red"))).toEqual({app: "back--red", lane: ["red"], baggage: []});
    });

    test("baggage member", async () => {
      const member = "a=1;x, swimlane=red;p=q ,b=\xc3\xa9";
      expect(await call(baggage(member))).toEqual({app: "back--red", lane: ["red"], baggage: [member]});
    });

    test.each(Object.keys(TRACE_HEADERS))("trace id: %s", async (name) => {
      const id: Header = [name, TRACE_HEADERS[name]!()];
      await receive(lane("red"), id);
      expect(await call(id)).toEqual({app: "back--red", lane: ["red"], baggage: []});
      expect(await call([name, TRACE_HEADERS[name]!()])).toEqual({app: "back", ...NO_CONTEXT});
    });

    test("pod", async () => {
      expect(await fork()).toEqual({app: "tail--red", lane: ["red"], baggage: []});
    });

    test("header before baggage, baggage before trace id, trace id before pod", async () => {
      const id = traceparent();
      await ask(mesh().inbound("back--red"), {wire, headers: [lane("tess"), id]});
      expect((await fork(lane("hera"), baggage("swimlane=bea"), id)).lane).toEqual(["hera"]);
      expect((await fork(baggage("swimlane=bea"), id)).lane).toEqual(["bea"]);
      expect((await fork(id)).lane).toEqual(["tess"]);
      expect((await fork()).lane).toEqual(["red"]);
    });

    test("none: the baseline, and nothing is written", async () => {
      expect(await call(baggage("a=1"), traceparent())).toEqual({app: "back", lane: [], baggage: ["a=1"]});
    });

    test("a lane that the route does not know goes to the baseline and keeps its context", async () => {
      expect(await call(lane("other"))).toEqual({app: "back", lane: ["other"], baggage: []});
      expect(await call(baggage("swimlane=other"))).toMatchObject({app: "back", lane: ["other"]});
    });

    test("also where routes compare the header themselves", async () => {
      const id = traceparent();
      await receive(lane("blue"), id);
      expect(await bare("/routes", id)).toMatchObject({app: "back--blue", lane: ["blue"]});
      expect(await bare("/routes", baggage("swimlane=red"))).toMatchObject({app: "back--red", lane: ["red"]});
      expect(await bare("/routes")).toEqual({app: "back", ...NO_CONTEXT});
    });
  });

  describe("a trace id", () => {
    test("is found again in another format", async () => {
      const id = hex(16);
      await receive(lane("red"), ["traceparent", `00-${id}-${hex(8)}-01`]);
      const others: Header[] = [
        ["b3", `${id}-${hex(8)}-0`],
        ["x-b3-traceid", id.toUpperCase()],
        ["uber-trace-id", `${id}:${hex(8)}:0:0`],
        ["x-amzn-trace-id", `Self=1-1-2;Root=1-${id.slice(0, 8)}-${id.slice(8)}`],
        ["x-cloud-trace-context", `${id}/99`],
      ];
      for (const other of others) expect(await call(other)).toMatchObject({app: "back--red", lane: ["red"]});
    });

    test("x-request-id: Envoy may rewrite its 14th character", async () => {
      const id = TRACE_HEADERS["x-request-id"]!();
      await receive(lane("red"), ["x-request-id", id]);
      for (const digit of "49ab") {
        const rewritten = id.slice(0, 14) + digit + id.slice(15);
        expect((await call(["x-request-id", rewritten])).lane).toEqual(["red"]);
      }
      expect((await call(["x-request-id", `${id.slice(0, 35)}${id.endsWith("0") ? "1" : "0"}`])).lane).toEqual([]);
    });

    test("arriving for another lane, it becomes ambiguous", async () => {
      const id = traceparent();
      await receive(lane("red"), id);
      await receive(lane("red"), id);
      expect((await call(id)).lane).toEqual(["red"]);
      await receive(lane("blue"), id);
      expect(await call(id)).toEqual({app: "back", ...NO_CONTEXT});
      await receive(lane("red"), id);
      expect(await call(id)).toEqual({app: "back", ...NO_CONTEXT});
    });

    test("arriving without context, it becomes ambiguous", async () => {
      const id = traceparent();
      await receive(lane("red"), id);
      await receive(id);
      expect(await call(id)).toEqual({app: "back", ...NO_CONTEXT});
    });

    test("ids of one request that disagree give none", async () => {
      const [red, blue] = [traceparent(), ["b3", TRACE_HEADERS["b3"]!()] as Header];
      await receive(lane("red"), red);
      await receive(lane("blue"), blue);
      expect(await call(red, blue)).toEqual({app: "back", ...NO_CONTEXT});
      expect(await call(red, traceparent())).toMatchObject({lane: ["red"]});
    });

    test("of the baseline is not remembered", async () => {
      const id = traceparent();
      await receive(id);
      await receive(lane("red"), id);
      expect((await call(id)).lane).toEqual(["red"]);
    });
  });

  describe("what is written", () => {
    test("came by the header: nothing", async () => {
      const member = "a=1 ,swimlane=red;p";
      expect(await call(lane("red"), baggage(member))).toEqual({app: "back--red", lane: ["red"], baggage: [member]});
    });

    test("a baggage member that names another lane is mended, and those of others are kept", async () => {
      const got = await call(lane("red"), baggage("a=1;x=%2C,swimlane=blue,b=2"), baggage("c=\xc3\xa9"));
      expect(got).toEqual({app: "back--red", lane: ["red"], baggage: ["a=1;x=%2C,b=2,c=\xc3\xa9,swimlane=red"]});
    });
  });

  describe("a context that is none: the next carrier, and filter and route come to the same", () => {
    test.each([
      "RED",
      "-red",
      "red-",
      "re.d",
      "red red",
      "red,red",
      "red,blue",
      "r".repeat(64),
      "\xc3\xa9",
      "red\xff",
      "",
    ])("malformed: %j", async (name) => {
      expect(await call(lane(name))).toEqual({app: "back", ...NO_CONTEXT});
      expect(await call(lane(name), baggage("swimlane=blue"))).toMatchObject({app: "back--blue", lane: ["blue"]});
      expect(await bare("/routes", lane(name))).toEqual({app: "back", ...NO_CONTEXT});
      expect(await fork(baggage(`swimlane=${name === "red,red" ? "x y" : name}`))).toMatchObject({lane: ["red"]});
    });

    test("over-long: a value of 8,000 bytes", async () => {
      expect(await call(lane("r".repeat(8000)))).toEqual({app: "back", ...NO_CONTEXT});
    });

    test("duplicated and different", async () => {
      for (const both of [
        [lane("red"), lane("blue")],
        [lane("blue"), lane("red")],
        [lane("red"), lane("")],
      ]) {
        expect(await call(...both)).toEqual({app: "back", ...NO_CONTEXT});
        expect(await bare("/routes", ...both)).toEqual({app: "back", ...NO_CONTEXT});
        expect(await call(...both, baggage("swimlane=blue"))).toMatchObject({app: "back--blue", lane: ["blue"]});
      }
    });

    test("duplicated and equal counts as one", async () => {
      expect(await call(lane("red"), lane("red"))).toMatchObject({app: "back--red", lane: ["red"]});
      expect(await bare("/routes", lane("red"), lane("red"))).toMatchObject({app: "back--red", lane: ["red"]});
    });

    test("baggage members that differ", async () => {
      expect(await call(baggage("swimlane=red,swimlane=blue"))).toMatchObject({app: "back", lane: []});
      expect(await call(baggage("swimlane=red"), baggage("a=1,swimlane=blue"))).toMatchObject({app: "back", lane: []});
    });
  });

  describe("leaving the mesh takes header and member off", () => {
    const both = [lane("red"), baggage("a=1;p,swimlane=red,b=2")];
    const stripped = {app: "outside", lane: [], baggage: ["a=1;p,b=2"]};

    test("a host outside", async () => {
      const got = await ask(mesh().outbound("front", "outside"), {wire, headers: both});
      expect({app: got.app, ...context(got.headers)}).toEqual(stripped);
    });

    test.each(["/external", "/egress", "/gateway", "/passthrough", "/inbound"])("cluster of %s", async (path) => {
      expect(await bare(path, ...both)).toEqual(stripped);
      expect(await bare(path, lane("red"))).toEqual({app: "outside", ...NO_CONTEXT});
      expect(await bare(path, lane("red"), lane("blue"), baggage("swimlane=RED"))).toEqual({
        app: "outside",
        ...NO_CONTEXT,
      });
      expect(await bare(path, baggage("a=1 , b=2"))).toMatchObject({baggage: ["a=1 , b=2"]});
    });

    test("nothing is restored there, by trace id or by pod", async () => {
      const id = traceparent();
      await receive(lane("red"), id);
      expect(await bare("/external", id)).toEqual({app: "outside", ...NO_CONTEXT});
      const got = await ask(mesh().outbound("back--red", "outside"), {wire});
      expect({app: got.app, ...context(got.headers)}).toEqual({app: "outside", ...NO_CONTEXT});
    });

    test("a cluster of the mesh, and one that says that it is not external, keep them", async () => {
      for (const path of ["/mesh", "/inside"]) {
        expect(await bare(path, ...both)).toEqual({app: "back", lane: ["red"], baggage: [both[1]![1]]});
      }
    });

    test("a lane's own target outside the mesh: its route takes the context off, however it came", async () => {
      const id = traceparent();
      await receive(lane("red"), id);
      for (const headers of [[lane("red")], [lane("red"), lane("red")], [baggage("swimlane=red")], [id]]) {
        expect((await bare("/lane-outside", ...headers)).lane).toEqual([]);
      }
      expect(await bare("/lane-outside", id)).toEqual({app: "outside", ...NO_CONTEXT});
      expect(await bare("/lane-outside", lane("blue"))).toMatchObject({app: "back", lane: ["blue"]});
    });

    test("a request without context is left as it is", async () => {
      const headers: Header[] = [["x-a", "1"], baggage("a=1 ,b=2"), ["x-a", "2"]];
      const got = await ask(bareTarget(mesh()), {wire, path: "/egress", headers});
      expect(values(got.headers, "x-a")).toEqual(["1", "2"]);
      expect(values(got.headers, "baggage")).toEqual(["a=1 ,b=2"]);
    });

    test("a cluster that is not there: Envoy answers, the filter does no harm", async () => {
      const headers: Header[] = [["x-to", "outbound|80||gone"], ...both];
      const answer = await send(bareTarget(mesh()), {wire, path: "/unknown", headers});
      const grpc = values([...answer.headers, ...answer.trailers], "grpc-status");
      expect(wire === "gRPC" ? grpc : [String(answer.status)]).toEqual([wire === "gRPC" ? "14" : "503"]);
      const missing = await send(bareTarget(mesh()), {wire, path: "/no-route", headers: both});
      expect(wire === "gRPC" ? 404 : missing.status).toBe(404);
    });
  });
});
