import {once} from "node:events";
import {type IncomingMessage, request as request1} from "node:http";
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
  if (status !== 200) throw new Error(`answered ${status}: ${body}`);
  return JSON.parse((call.wire === "gRPC" ? unframe(body) : body).toString()) as Received;
}

/** Sends one call on a connection of its own. */
export async function send(target: Target, call: Call = {}): Promise<Answer> {
  const socket = await open(target, call.from);
  try {
    return call.wire === "HTTP/2" || call.wire === "gRPC" ? await send2(socket, call) : await send1(socket, call);
  } finally {
    socket.destroy();
  }
}

export async function open({port, identity}: Target, localAddress = "127.0.0.1"): Promise<Socket> {
  const tcp = connectTcp({host: "127.0.0.1", port, localAddress});
  await once(tcp, "connect");
  if (!identity) return tcp.on("error", () => tcp.destroy());
  const {ca, cert, key} = identity;
  const socket = connectTls({socket: tcp, ca, cert, key, checkServerIdentity: () => undefined});
  await once(socket, "secureConnect");
  return socket.on("error", () => socket.destroy());
}

async function send1(socket: Socket, call: Call): Promise<Answer> {
  const {method = "GET", path = "/", authority = "app.test", headers = [], body} = call;
  const length: Header[] = body ? [["content-length", String(body.length)]] : [];
  const all = [["host", authority], ...headers, ...length].flat();
  const request = request1({createConnection: () => socket, method, path, headers: all});
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

async function send2(socket: Socket, call: Call): Promise<Answer> {
  const session = connectSession(socket);
  const stream = openStream(session, call);
  const {trailers: sent, body, wire} = call;
  if (sent) stream.on("wantTrailers", () => stream.sendTrailers(sent));
  stream.end(body ?? (wire === "gRPC" ? frame(Buffer.from("call")) : undefined));
  const trailers: Header[] = [];
  stream.on("trailers", (_headers, _flags, ...[raw]: string[][]) => trailers.push(...pairs(raw ?? [])));
  const [, , raw] = (await once(stream, "response")) as [unknown, unknown, string[]];
  const received = await buffer(stream);
  const headers = pairs(raw);
  session.destroy();
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
