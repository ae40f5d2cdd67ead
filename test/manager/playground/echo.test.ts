import {once} from "node:events";
import {Agent, createServer, get, type IncomingMessage, request} from "node:http";
import {connect as connectHttp2} from "node:http2";
import {type AddressInfo, connect} from "node:net";
import {json} from "node:stream/consumers";
import {afterEach, expect, test} from "vitest";
import {type EchoAnswer, parseHop} from "../../../manager/playground/echo/answer.ts";
import {type Echo, startEcho} from "../../../manager/playground/echo/server.ts";
import {echoSettings} from "../../../manager/playground/echo/settings.ts";

const running: Echo[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((echo) => echo.stop(0)));
});

async function echo(service: string, env: Record<string, string> = {}): Promise<string> {
  const started = await startEcho(
    echoSettings({MESHLANE_SERVICE: service, MESHLANE_WORKLOAD: `${service}-v1`, ...env}),
  );
  running.push(started);
  return `http://127.0.0.1:${started.port}`;
}

async function ask(url: string, headers: Record<string, string> = {}): Promise<{status: number; body: EchoAnswer}> {
  const response = await fetch(url, {headers});
  return {status: response.status, body: (await response.json()) as EchoAnswer};
}

test("callees are called in order, with the forwarded headers and nothing else", async () => {
  const inventory = await echo("inventory");
  const payment = await echo("payment");
  const cart = await echo("cart", {
    CALLS: "payment,inventory",
    MESHLANE_FORWARDS: "TraceParent",
    PAYMENT_URL: payment,
    INVENTORY_URL: inventory,
  });
  const {status, body} = await ask(`${cart}/buy?n=1`, {traceparent: "00-aa", "x-swimlane": "ann", other: "x"});
  expect(status).toBe(200);
  expect(body).toMatchObject({service: "cart", workload: "cart-v1"});
  expect(body.request).toEqual({method: "GET", path: "/buy?n=1", headers: {traceparent: "00-aa", "x-swimlane": "ann"}});
  expect(body.calls.map((call) => [call.service, call.workload, call.status])).toEqual([
    ["payment", "payment-v1", 200],
    ["inventory", "inventory-v1", 200],
  ]);
  for (const call of body.calls) expect(call.request?.headers).toEqual({traceparent: "00-aa"});
});

test("a header with a name that every object has is passed on where it came, and only there", async () => {
  const payment = await echo("payment", {MESHLANE_FORWARDS: "constructor"});
  const cart = await echo("cart", {CALLS: "payment", MESHLANE_FORWARDS: "constructor", PAYMENT_URL: payment});
  for (const headers of [{}, {constructor: "x"}]) {
    const {body} = await ask(cart, headers);
    expect(body.calls.map(({request}) => request?.headers)).toEqual([headers]);
  }
});

test("a call sends no header of its own beyond host and connection", async () => {
  const seen: IncomingMessage[] = [];
  const callee = createServer((incoming, response) => {
    seen.push(incoming);
    response.end();
  });
  await once(callee.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(callee.address() as AddressInfo).port}`;
  const cart = await echo("cart", {CALLS: "mine", MINE_URL: url, MESHLANE_FORWARDS: "traceparent"});
  const {body} = await ask(cart, {baggage: "a=1"});
  await ask(cart, {});
  callee.close();
  expect(body.calls).toEqual([{service: "mine", hop: {lane: "baseline", carrier: "none"}, status: 200}]);
  expect(Object.keys(seen[0]!.headers).sort()).toEqual(["connection", "host"]);
  expect(seen[0]!.socket).toBe(seen[1]!.socket);
});

test("the hop comes from the response header x-swimlane-hop", async () => {
  const callee = createServer((_, response) => response.setHeader("x-swimlane-hop", "ann;trace").end("not JSON"));
  await once(callee.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(callee.address() as AddressInfo).port}`;
  const {body} = await ask(await echo("cart", {CALLS: "gift-card", GIFT_CARD_URL: url}));
  callee.close();
  expect(body.calls[0]).toEqual({service: "gift-card", hop: {lane: "ann", carrier: "trace"}, status: 200});
  expect(parseHop(undefined)).toEqual({lane: "baseline", carrier: "none"});
});

test("a failing callee makes the answer 502, with the whole tree in it", async () => {
  const closed = createServer();
  await once(closed.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
  await new Promise((resolve) => closed.close(resolve));
  const good = await echo("ledger");
  const payment = await echo("payment", {CALLS: "ledger,bank", LEDGER_URL: good, BANK_URL: url});
  const {status, body} = await ask(await echo("cart", {CALLS: "payment", PAYMENT_URL: payment}));
  expect(status).toBe(502);
  expect(body.calls[0]).toMatchObject({service: "payment", status: 502, workload: "payment-v1"});
  expect(body.calls[0]!.calls).toMatchObject([
    {service: "ledger", status: 200},
    {service: "bank", status: 0, error: expect.stringContaining("ECONNREFUSED")},
  ]);
});

test("HTTP/2 with prior knowledge is served on the same port", async () => {
  const url = await echo("cart");
  const session = connectHttp2(url);
  const stream = session.request({":method": "POST", ":path": "/h2", baggage: "a=1"});
  stream.end("ignored");
  const body = (await json(stream)) as EchoAnswer;
  session.close();
  expect(body.request).toEqual({method: "POST", path: "/h2", headers: {baggage: "a=1"}});
  expect((await ask(url)).status).toBe(200);
});

test("a gRPC stream gets each message back while it is open, and status 0 at its end", async () => {
  const session = connectHttp2(await echo("cart"));
  const stream = session.request({":method": "POST", "content-type": "application/grpc"});
  const trailers = once(stream, "trailers");
  const messages = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (const message of ["one", "two"]) {
    stream.write(message);
    expect((await messages.next()).value.toString()).toBe(message);
  }
  stream.end();
  expect((await messages.next()).done).toBe(true);
  expect((await trailers)[0]).toMatchObject({"grpc-status": "0"});
  session.close();
});

test("a connection that begins byte by byte is understood", async () => {
  const socket = connect(Number(new URL(await echo("cart")).port), "127.0.0.1").setNoDelay(true);
  for (const part of ["P", "R", "OPFIND / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"]) {
    await new Promise((resolve) => socket.write(part, resolve));
    await new Promise(setImmediate);
  }
  let seen = "";
  socket.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  await once(socket, "close");
  expect(seen).toMatch(/^HTTP\/1.1 200 OK[^]*"method": "PROPFIND"/);
});

test("/ready answers 200, calls nobody, and 503 while made unready", async () => {
  const url = await echo("cart", {CALLS: "gone", GONE_URL: "http://127.0.0.1:1"});
  expect((await fetch(`${url}/ready`)).status).toBe(200);
  running[0]!.toggleReady();
  expect((await fetch(`${url}/ready`)).status).toBe(503);
});

test("stopping lets requests in flight finish, and closes idle connections at once", async () => {
  const held = createServer();
  await once(held.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(held.address() as AddressInfo).port}`;
  const cart = await echo("cart", {CALLS: "slow", SLOW_URL: url});
  const agent = new Agent({keepAlive: true});
  const idle = get(`${cart}/ready`, {agent});
  const [first] = (await once(idle, "response")) as [IncomingMessage];
  await once(first.resume(), "end");
  const pending = ask(cart);
  const [, response] = (await once(held, "request")) as [unknown, {end(): void}];
  const stopped = running.pop()!.stop(60_000);
  response.end();
  expect((await pending).status).toBe(200);
  await stopped;
  held.close();
  await expect(fetch(cart)).rejects.toThrow("fetch failed");
});

function clientFrame(opcode: number, payload: Buffer, fin = true): Buffer {
  const size = payload.length;
  const mask = Buffer.of(1, 2, 3, 4);
  const length = size < 126 ? Buffer.of(0x80 | size) : Buffer.of(0x80 | 126, size >> 8, size & 0xff);
  const masked = Buffer.from(payload.map((byte, i) => byte ^ mask[i % 4]!));
  return Buffer.concat([Buffer.of((fin ? 0x80 : 0) | opcode), length, mask, masked]);
}

test("a WebSocket gets its frames back unmasked, a ping a pong, a close a close", async () => {
  const upgrade = {connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13"};
  const url = await echo("cart");
  const outgoing = request(url, {headers: {...upgrade, "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}}).end();
  const [response, socket] = (await once(outgoing, "upgrade")) as [IncomingMessage, import("node:net").Socket];
  expect(response.headers["sec-websocket-accept"]).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const long = Buffer.alloc(300, "x");
  const sent = Buffer.concat([
    clientFrame(1, Buffer.from("he"), false),
    clientFrame(9, Buffer.from("p")),
    clientFrame(0, Buffer.from("llo")),
    clientFrame(2, long),
    clientFrame(8, Buffer.of(3, 232)),
  ]);
  socket.write(sent.subarray(0, 5));
  socket.write(sent.subarray(5));
  const parts: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => parts.push(chunk));
  await once(socket, "end");
  expect(Buffer.concat(parts)).toEqual(
    Buffer.concat([
      Buffer.from("\x01\x02he\x8a\x01p\x80\x03llo\x82\x7e\x01\x2c", "latin1"),
      long,
      Buffer.of(0x88, 2, 3, 232),
    ]),
  );
});

test("a missing variable is named", () => {
  const env = {MESHLANE_SERVICE: "a", MESHLANE_WORKLOAD: "a", CALLS: "gift-card"};
  expect(() => echoSettings(env)).toThrow("environment variable GIFT_CARD_URL is missing");
  expect(() => echoSettings({...env, CALLS: "", PORT: "x"})).toThrow("PORT=x: must be a port");
});
