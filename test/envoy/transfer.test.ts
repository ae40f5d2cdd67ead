import {randomBytes} from "node:crypto";
import {once} from "node:events";
import type {ServerResponse} from "node:http";
import {buffer} from "node:stream/consumers";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {echoWebSocket} from "../../manager/playground/echo/websocket.ts";
import {type App, receive, type Received, type Request, tell} from "./rig/app.ts";
import {ask, connectSession, open, openStream, send, type Target} from "./rig/client.ts";
import {frame, unframe} from "./rig/grpc.ts";
import {baggage, context, type Header, lane, pairs, traceparent, values} from "./rig/headers.ts";
import type {TestMesh} from "./rig/mesh.ts";
import {FULL, onEnvoy} from "./rig/suite.ts";

/** Each side of the mesh that a request passes, with the application behind it. */
const SIDES: Record<string, {target: (mesh: TestMesh) => Target; app: string}> = {
  edge: {target: (mesh) => mesh.edge, app: "front"},
  inbound: {target: (mesh) => mesh.inbound("back"), app: "back"},
  outbound: {target: (mesh) => mesh.outbound("back", "tail"), app: "tail--red"},
};

const RED = [lane("red"), baggage("a=1,swimlane=red")];

const BODIES: Record<string, Buffer> = {
  "no bytes": Buffer.alloc(0),
  "all bytes": Buffer.from(Array.from({length: 256}, (_, i) => i)),
  "2 MB": randomBytes(2_000_000),
};

onEnvoy(FULL, {proxies: ["edge", "back"]}, (mesh, {wires}) => {
  describe.each(wires)("over %s", (wire) => {
    describe.each(Object.keys(SIDES))("%s", (side) => {
      const target = (): Target => SIDES[side]!.target(mesh());
      const app = (): App => mesh().app(SIDES[side]!.app);
      /** Envoy forwards no trailers of HTTP/1.1 unless it is told to. */
      const kept = (trailers: Record<string, string>) => (wire === "HTTP/1.1" ? [] : Object.entries(trailers));

      test.each(Object.keys(BODIES))("bodies of requests and responses are untouched: %s", async (what) => {
        const body = wire === "gRPC" ? frame(BODIES[what]!) : BODIES[what]!;
        let came: Buffer | undefined;
        app().handlers.set("/echo", async (request, response) => {
          came = await buffer(request);
          (response as ServerResponse).end(came);
        });
        const answer = await send(target(), {wire, method: "POST", path: "/echo", headers: RED, body});
        expect(answer.status).toBe(200);
        expect(came!.equals(body)).toBe(true);
        expect(answer.body.equals(body)).toBe(true);
      });

      test("trailers of requests and responses are untouched", async () => {
        const [there, back] = [
          {"x-t": "1, 2", "x-swimlane": "no"},
          {"x-r": "a ,b", baggage: "swimlane=no"},
        ];
        let got: Received | undefined;
        app().handlers.set("/trailers", async (request, response) => {
          got = await receive("app", request);
          response.addTrailers(back);
          (response as ServerResponse).end("x");
        });
        const body = frame(Buffer.from("x"));
        const answer = await send(target(), {
          wire,
          path: "/trailers",
          method: "POST",
          headers: RED,
          trailers: there,
          body,
        });
        expect(got!.trailers).toEqual(kept(there));
        expect(answer.trailers).toEqual(kept(back));
      });

      test("responses keep their status and every header, repeated ones too", async () => {
        const sent = [
          "x-a",
          "1",
          "x-a",
          "2",
          "set-cookie",
          "a=b",
          "set-cookie",
          "c=d",
          "x-swimlane",
          "no",
          "baggage",
          "b=1",
        ];
        app().handlers.set("/headers", (_request, response) => {
          const fields = Object.fromEntries(pairs(sent).map(([name]) => [name, values(pairs(sent), name)]));
          (response as ServerResponse).writeHead(418, fields).end();
        });
        const {status, headers} = await send(target(), {wire, path: "/headers", headers: RED});
        expect(status).toBe(418);
        expect(headers.filter(([name]) => sent.includes(name))).toEqual(pairs(sent));
      });

      test("90 headers of 500 bytes", async () => {
        const many = Array.from({length: 90}, (_, i): Header => [`x-many-${i}`, randomBytes(250).toString("hex")]);
        const got = await ask(target(), {wire, headers: [...many, ...RED]});
        expect(got.app).toBe(SIDES[side]!.app);
        expect(got.headers.filter(([name]) => name.startsWith("x-many-"))).toEqual(many);
        expect(context(got.headers)).toEqual({lane: ["red"], baggage: ["a=1,swimlane=red"]});
      });
    });
  });

  beforeAll(() => {
    for (const name of ["front", "back", "tail--red"]) {
      mesh().app(name).upgrade = (request, socket, head) => {
        upgraded.set(name, pairs(request.rawHeaders));
        echoWebSocket(request, socket, head);
      };
    }
  });
  afterAll(() => upgraded.clear());

  test.each(Object.keys(SIDES))(
    "a WebSocket upgrade carries the context, and frames go both ways: %s",
    async (side) => {
      const {target, app} = SIDES[side]!;
      const id = traceparent();
      await ask(mesh().inbound("back"), {headers: [lane("red"), id]});
      const headers = side === "outbound" ? [id] : [...RED, id];
      const socket = await open(target(mesh()));
      socket.write(handshake(headers));
      const accepted = await readUntil(socket, "\r\n\r\n");
      expect(accepted).toMatch(/^HTTP\/1.1 101 /);
      expect(context(upgraded.get(app)!).lane).toEqual(["red"]);
      for (const text of ["one", "two"]) {
        socket.write(Buffer.from([0x81, 0x80 + text.length, 0, 0, 0, 0, ...Buffer.from(text)]));
        const [bytes] = (await once(socket, "data")) as [Buffer];
        expect(bytes).toEqual(Buffer.from([0x81, text.length, ...Buffer.from(text)]));
      }
      socket.destroy();
    },
  );

  test.each(Object.keys(SIDES))("a stream of gRPC goes both ways while it is open: %s", async (side) => {
    const {target, app} = SIDES[side]!;
    mesh().app(app).handlers.set("/stream", streamBack);
    const session = connectSession(await open(target(mesh())));
    const stream = openStream(session, {wire: "gRPC", path: "/stream", headers: RED});
    await once(stream, "response");
    for (const text of ["one", "two", "three"]) {
      stream.write(frame(Buffer.from(text)));
      const [bytes] = (await once(stream, "data")) as [Buffer];
      expect(unframe(bytes).toString()).toBe(text);
    }
    stream.end();
    const [trailers] = (await once(stream, "trailers")) as [Record<string, string>];
    expect(trailers["grpc-status"]).toBe("0");
    session.destroy();
  });

  describe("Envoy's retries keep the context", () => {
    test("that came by a trace id, on the way from the lane to the baseline", async () => {
      const id = traceparent();
      await ask(mesh().inbound("back"), {headers: [lane("red"), id]});
      const seen: Received[] = [];
      const record = (name: string) => async (request: Request) => void seen.push(await receive(name, request));
      mesh()
        .app("tail--red")
        .handlers.set("/retried", async (request, response) => {
          await record("tail--red")(request);
          (response as ServerResponse).writeHead(503, {"x-swimlane-unreached": "1"}).end();
        });
      mesh()
        .app("tail")
        .handlers.set("/retried", async (request, response) => {
          await record("tail")(request);
          tell(request, response, "answered");
        });
      for (const wire of ["HTTP/1.1", "HTTP/2"] as const) {
        seen.length = 0;
        const body = Buffer.from("sent again");
        const call = {wire, method: "POST", path: "/retried", headers: [id, baggage("a=1")], body};
        const answer = await send(mesh().outbound("back", "tail"), call);
        expect(answer.body.toString()).toBe('"answered"');
        expect(values(answer.headers, "x-swimlane-unreached")).toEqual([]);
        expect(seen.map(({app}) => app)).toEqual(["tail--red", "tail"]);
        for (const {headers, body: came} of seen) {
          expect(context(headers)).toEqual({lane: ["red"], baggage: ["a=1"]});
          expect(Buffer.from(came, "base64")).toEqual(body);
        }
      }
    });

    test("after a refused stream", async () => {
      const seen: Header[][] = [];
      mesh()
        .app("tail--red")
        .handlers.set("/refused", (request, response) => {
          seen.push(pairs(request.rawHeaders));
          if ("stream" in response) response.stream.close(7);
        });
      const got = await ask(mesh().outbound("back", "tail"), {wire: "HTTP/2", path: "/refused", headers: RED});
      expect(got.app).toBe("tail");
      expect([...seen, got.headers].map((headers) => context(headers).lane)).toEqual([["red"], ["red"]]);
    });
  });
});

/** What the last request to upgrade of each application brought. */
const upgraded = new Map<string, Header[]>();

function handshake(headers: readonly Header[]): string {
  const all: Header[] = [
    ["host", "app.test"],
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
    ["sec-websocket-version", "13"],
    ["sec-websocket-key", randomBytes(16).toString("base64")],
    ...headers,
  ];
  return ["GET /socket HTTP/1.1", ...all.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
}

async function readUntil(socket: Awaited<ReturnType<typeof open>>, end: string): Promise<string> {
  let text = "";
  while (!text.endsWith(end)) text += String(((await once(socket, "data")) as [Buffer])[0]);
  return text;
}

const streamBack = (request: Request, response: unknown): void => {
  const answer = response as ServerResponse;
  answer.setHeader("content-type", "application/grpc");
  answer.addTrailers({"grpc-status": "0"});
  answer.flushHeaders();
  request.pipe(answer);
};
