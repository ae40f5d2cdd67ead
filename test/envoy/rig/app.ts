import {once} from "node:events";
import {createServer, type IncomingMessage, type ServerResponse} from "node:http";
import {createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse} from "node:http2";
import {type AddressInfo, connect} from "node:net";
import type {Duplex} from "node:stream";
import {buffer} from "node:stream/consumers";
import {createServer as createTlsServer, type Server as TlsServer} from "node:tls";

import {EitherHttp} from "../../../manager/playground/echo/either-http.ts";
import {frame, GRPC} from "./grpc.ts";
import {type Header, pairs} from "./headers.ts";

/** What an application got. */
export interface Received {
  app: string;
  version: string;
  path: string;
  headers: Header[];
  body: string;
  trailers: Header[];
}

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;
export type Handler = (request: Request, response: Response) => void | Promise<void>;

export interface Identity {
  cert: string;
  key: string;
  ca: string;
}

const LARGE = 256 * 1024;

/** An application of the test: HTTP/1.1, HTTP/2 and gRPC on one port, and the same by mTLS on another. */
export class App {
  readonly name: string;
  /** By path, in place of the answer that says what was received. */
  readonly handlers = new Map<string, Handler>();
  /** For requests to upgrade. */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void = (_request, socket) => socket.destroy();
  readonly #http: EitherHttp;
  #tls: TlsServer | undefined;

  constructor(name: string) {
    this.name = name;
    const answer = (request: Request, response: Response): void => void this.#answer(request, response);
    const http1 = createServer({maxHeaderSize: LARGE}, answer);
    http1.on("upgrade", (request, socket, head) => this.upgrade(request, socket, head));
    this.#http = new EitherHttp(http1, createHttp2Server({settings: {maxHeaderListSize: LARGE}}, answer));
  }

  async listen(identity?: Identity): Promise<void> {
    this.#http.server.on("connection", (socket) => socket.setNoDelay());
    await once(this.#http.server.listen(0, "127.0.0.1"), "listening");
    if (!identity) return;
    const {ca, cert, key} = identity;
    this.#tls = createTlsServer({ca, cert, key, requestCert: true, rejectUnauthorized: true}, (socket) => {
      const plain = connect({port: this.port, host: "127.0.0.1", noDelay: true});
      socket.setNoDelay();
      socket.on("error", () => plain.destroy()).pipe(plain);
      plain.on("error", () => socket.destroy()).pipe(socket);
    });
    await once(this.#tls.listen(0, "127.0.0.1"), "listening");
  }

  get port(): number {
    return (this.#http.server.address() as AddressInfo).port;
  }

  get tlsPort(): number {
    return (this.#tls!.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#tls?.close();
    await this.#http.stop(0);
  }

  async #answer(request: Request, response: Response): Promise<void> {
    const path = request.url!.split("?")[0]!;
    const handler = this.handlers.get(path) ?? ((...all) => this.#tell(...all));
    try {
      await handler(request, response);
    } catch {
      request.destroy();
    }
  }

  async #tell(request: Request, response: Response): Promise<void> {
    tell(request, response, await receive(this.name, request));
  }
}

export async function receive(app: string, request: Request): Promise<Received> {
  const body = await buffer(request);
  return {
    app,
    version: request.httpVersion,
    path: request.url!,
    headers: pairs(request.rawHeaders),
    body: body.toString("base64"),
    trailers: pairs(request.rawTrailers),
  };
}

/** Answers with a value as JSON, in the manner of gRPC to a call of gRPC. */
export function tell(request: Request, response: Response, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  const grpc = request.headers["content-type"] === GRPC;
  response.setHeader("content-type", grpc ? GRPC : "application/json");
  if (grpc) response.addTrailers({"grpc-status": "0"});
  // The two kinds of response have the same method, but not one type that could be called.
  (response as ServerResponse).end(grpc ? frame(body) : body);
}
