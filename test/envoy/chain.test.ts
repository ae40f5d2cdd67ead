import {beforeAll, describe, expect, test} from "vitest";
import {type App, receive, type Received, tell} from "./rig/app.ts";
import {send, type Wire} from "./rig/client.ts";
import {baggage, context, type Header, lane, TRACE_HEADERS, traceparent, values} from "./rig/headers.ts";
import type {TestMesh} from "./rig/mesh.ts";
import {FULL, overEach} from "./rig/suite.ts";
import {unframe} from "./rig/grpc.ts";

/** Not for an application to copy from one connection to another. */
const OF_THE_CONNECTION = ["host", "connection", "content-length", "transfer-encoding", "te", "content-type"];

/** The headers that applications copy to their calls; `*`: all of them. */
let copied: readonly string[] = [];

/** What each application of the last chain got, in the order of the calls. */
let hops: Received[] = [];

/** Makes an application note what it gets, call the next service, and answer with what that answered. */
function chain(mesh: TestMesh, app: App, next?: string): void {
  app.handlers.set("/chain", async (request, response) => {
    const got = await receive(app.name, request);
    hops.push(got);
    if (!next) return tell(request, response, app.name);
    const headers = got.headers.filter(
      ([name]) =>
        !name.startsWith(":") && !OF_THE_CONNECTION.includes(name) && (copied.includes(name) || copied[0] === "*"),
    );
    const wire: Wire = got.version === "1.1" ? "HTTP/1.1" : values(got.headers, "te").length > 0 ? "gRPC" : "HTTP/2";
    const answer = await send(mesh.outbound(app.name, next), {wire, path: "/chain", headers});
    const body = wire === "gRPC" ? unframe(answer.body) : answer.body;
    tell(request, response, `${app.name} ${JSON.parse(body.toString())}`);
  });
}

overEach(FULL, {proxies: ["edge", "front", "back", "back--red"]}, (mesh, wire) => {
  beforeAll(() => {
    chain(mesh(), mesh().app("front"), "back");
    for (const name of ["back", "back--red"]) chain(mesh(), mesh().app(name), "tail");
    for (const name of ["back--blue", "tail", "tail--red"]) chain(mesh(), mesh().app(name));
  });

  const walk = async (copy: readonly string[], ...headers: Header[]): Promise<string> => {
    copied = copy;
    hops = [];
    const {body, status} = await send(mesh().edge, {wire, path: "/chain", headers});
    expect(status).toBe(200);
    return JSON.parse((wire === "gRPC" ? unframe(body) : body).toString()) as string;
  };
  const lanes = (): (string | undefined)[] => hops.map(({headers}) => context(headers).lane[0]);

  describe("the lane's workload wherever the lane has one, the baseline everywhere else", () => {
    test.each<[string, string[]]>([
      ["copies the header", ["x-swimlane"]],
      ["copies the baggage", ["baggage"]],
      ["copies the trace that the edge started", ["traceparent"]],
      ["copies x-request-id", ["x-request-id"]],
      ["copies every header", ["*"]],
    ])("where the application %s", async (_how, copy) => {
      expect(await walk(copy, lane("red"))).toBe("front back--red tail--red");
      expect(lanes()).toEqual(["red", "red", "red"]);
      expect(await walk(copy, lane("blue"))).toBe("front back--blue");
      expect(await walk(copy)).toBe("front back tail");
      expect(lanes()).toEqual([undefined, undefined, undefined]);
    });

    test.each(Object.keys(TRACE_HEADERS))("where the client brings %s and applications copy it", async (name) => {
      expect(await walk([name], lane("red"), [name, TRACE_HEADERS[name]!()])).toBe("front back--red tail--red");
      expect(await walk([name], [name, TRACE_HEADERS[name]!()])).toBe("front back tail");
    });
  });

  test("an application that forwards nothing loses the lane, but for the pods of the lane itself", async () => {
    expect(await walk([], lane("red"))).toBe("front back tail");
    expect(lanes()).toEqual(["red", undefined, undefined]);
    hops = [];
    await send(mesh().inbound("back--red"), {wire, path: "/chain", headers: [lane("red")]});
    expect(hops.map(({app}) => app)).toEqual(["back--red", "tail--red"]);
  });

  test("a lane that no service knows keeps its context through the chain", async () => {
    expect(await walk(["traceparent"], lane("unheard-of"))).toBe("front back tail");
    expect(lanes()).toEqual(["unheard-of", "unheard-of", "unheard-of"]);
  });

  test("members of others travel with the baggage, byte for byte", async () => {
    const others = "a=1;p=%2C,b=\xc3\xa9";
    expect(await walk(["baggage"], lane("red"), baggage(`${others},swimlane=blue`))).toBe("front back--red tail--red");
    for (const {headers} of hops) expect(context(headers).baggage).toEqual([`${others},swimlane=red`]);
  });

  test("requests of different lanes under way at once do not mix", async () => {
    copied = ["traceparent"];
    const asked = Array.from({length: 30}, (_, i) => ["red", "blue", undefined][i % 3]);
    const paths = await Promise.all(
      asked.map(async (name) => {
        const headers = [traceparent(), ...(name === undefined ? [] : [lane(name)])];
        const {body} = await send(mesh().edge, {wire, path: "/chain", headers});
        return JSON.parse((wire === "gRPC" ? unframe(body) : body).toString()) as string;
      }),
    );
    const expected = {red: "front back--red tail--red", blue: "front back--blue", baseline: "front back tail"};
    expect(paths).toEqual(asked.map((name) => expected[(name ?? "baseline") as keyof typeof expected]));
  });
});
