import {once} from "node:events";
import {Agent, type IncomingMessage, request as request1} from "node:http";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connect2,
  type OutgoingHttpHeaders,
} from "node:http2";
import {connect as connectTcp, type Socket} from "node:net";
import {buffer} from "node:stream/consumers";
import {connect as connectTls} from "node:tls";

import type {Identity, Received} from "./app.ts";
import {frame, GRPC, unframe} from "./grpc.ts";
import {type Header, pairs} from "./headers.ts";

export const WIRES = ["HTTP/1.1", "HTTP/2", "gRPC"] as const;
export type Wire = (typeof WIRES)[number];

export interface Target {
  readonly port: number;
  /** With it the client comes by mTLS. */
  readonly identity?: Identity;
}

export interface Call {
  readonly wire?: Wire;
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly headers?: readonly Header[];
  readonly body?: Buffer;
  /** Not for HTTP/1.1. */
  readonly trailers?: Record<string, string>;
  /** The client's address; loopback has many. */
  readonly from?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Header[];
  readonly body: Buffer;
  readonly trailers: Header[];
}

/** What the application got of a call. */
export async function ask(target: Target, call: Call = {}): Promise<Received> {
  const {status, body} = await send(target, call);
  if (status !== 200) throw new Error(`answered ${status}: ${body.toString()}`);
  return JSON.parse((call.wire === "gRPC" ? unframe(body) : body).toString()) as Received;
}

/** Sends one call, over a connection that it may share with others. */
export function send(target: Target, call: Call = {}): Promise<Answer> {
  return call.wire === "HTTP/2" || call.wire === "gRPC" ? send2(target, call) : send1(target, call);
}

export async function open({port, identity}: Target, localAddress = "127.0.0.1"): Promise<Socket> {
  const tcp = connectTcp({host: "127.0.0.1", port, localAddress, noDelay: true});
  await once(tcp, "connect");
  if (!identity) return tcp.on("error", () => tcp.destroy());
  const {ca, cert, key} = identity;
  const socket = connectTls({socket: tcp, ca, cert, key, checkServerIdentity: () => undefined});
  await once(socket, "secureConnect");
  return socket.on("error", () => socket.destroy());
}

/** Connections of HTTP/1.1 and of HTTP/2, by whom they go to and where they come from. */
const agents = new Map<string, Agent>();
const sessions = new Map<string, Promise<ClientHttp2Session>>();

function route({port, identity}: Target, {from}: Call): string {
  return `${port} ${identity ? "mTLS" : "plain"} ${from}`;
}

function agentOf(target: Target, call: Call): Agent {
  const key = route(target, call);
  const agent = agents.get(key) ?? new Agent({keepAlive: true});
  agent.createConnection = (_options, use) => {
    open(target, call.from).then(
      (socket) => use?.(null, socket),
      (error: Error) => use?.(error, undefined as never),
    );
    return undefined;
  };
  agents.set(key, agent);
  return agent;
}

function sessionOf(target: Target, call: Call): Promise<ClientHttp2Session> {
  const key = route(target, call);
  const session = sessions.get(key) ?? open(target, call.from).then(connectSession);
  sessions.set(key, session);
  void session.then((one) => one.once("close", () => sessions.delete(key)));
  return session;
}

async function send1(target: Target, call: Call): Promise<Answer> {
  const {method = "GET", path = "/", authority = "app.test", headers = [], body} = call;
  const length: Header[] = body ? [["content-length", String(body.length)]] : [];
  const all = [["host", authority], ...headers, ...length].flat();
  const request = request1({agent: agentOf(target, call), method, path, headers: all});
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const received = await buffer(response);
  return {
    status: response.statusCode!,
    headers: pairs(response.rawHeaders),
    body: received,
    trailers: pairs(response.rawTrailers),
  };
}

async function send2(target: Target, call: Call): Promise<Answer> {
  const stream = openStream(await sessionOf(target, call), call);
  const {trailers: sent, body, wire} = call;
  if (sent) stream.on("wantTrailers", () => stream.sendTrailers(sent));
  stream.end(body ?? (wire === "gRPC" ? frame(Buffer.from("call")) : undefined));
  const trailers: Header[] = [];
  stream.on("trailers", (_headers, _flags, ...[raw]: string[][]) => trailers.push(...pairs(raw ?? [])));
  const [, , raw] = (await once(stream, "response")) as [unknown, unknown, string[]];
  const received = await buffer(stream);
  const headers = pairs(raw);
  return {status: Number(headers.find(([name]) => name === ":status")?.[1]), headers, body: received, trailers};
}

export function connectSession(socket: Socket): ClientHttp2Session {
  const session = connect2("http://app.test", {createConnection: () => socket});
  return session.on("error", () => session.destroy());
}

/** Its caller ends the stream. */
export function openStream(session: ClientHttp2Session, call: Call): ClientHttp2Stream {
  const {method = call.wire === "gRPC" ? "POST" : "GET", path = "/", authority = "app.test", headers = []} = call;
  const grpc: Header[] =
    call.wire === "gRPC"
      ? [
          ["content-type", GRPC],
          ["te", "trailers"],
        ]
      : [];
  const fields: OutgoingHttpHeaders = {":method": method, ":path": path, ":authority": authority, ":scheme": "http"};
  for (const [name, value] of [...headers, ...grpc]) {
    const before = fields[name];
    fields[name] = before === undefined ? value : [before as string | string[], value].flat();
  }
  return session.request(fields, {endStream: false, waitForTrailers: call.trailers !== undefined});
}
