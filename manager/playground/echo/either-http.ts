import type {IncomingMessage, Server as Http1Server, ServerResponse} from "node:http";
import type {Http2Server, ServerHttp2Session} from "node:http2";
import {createServer, type Server, type Socket} from "node:net";

const HTTP2_PREFACE = "PRI";

/**
 * One port for HTTP/1.1 and for HTTP/2 with prior knowledge: a connection's first three bytes say which. The two
 * servers do not listen themselves.
 */
export class EitherHttp {
  readonly server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #idle = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(http1: Http1Server, http2: Http2Server) {
    this.server = createServer((socket) => {
      remember(this.#sockets, socket);
      socket.on("error", () => socket.destroy());
      onFirstBytes(socket, (start) => (start === HTTP2_PREFACE ? http2 : http1).emit("connection", socket));
    });
    http1.on("connection", (socket: Socket) => remember(this.#idle, socket));
    http1.on("upgrade", ({socket}) => this.#idle.delete(socket));
    http1.on("request", ({socket}: IncomingMessage, response: ServerResponse) => {
      this.#idle.delete(socket);
      response.once("close", () => !socket.destroyed && this.#idle.add(socket));
    });
    http2.on("session", (session) => remember(this.#sessions, session));
  }

  /** Takes no more connections, closes idle ones at once and all that are left after the grace. */
  async stop(graceMs: number): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.#idle) socket.destroy();
    for (const session of this.#sessions) session.close();
    const timer = setTimeout(() => this.#sockets.forEach((socket) => socket.destroy()), graceMs);
    await closed;
    clearTimeout(timer);
  }
}

function onFirstBytes(socket: Socket, then: (start: string) => void): void {
  const look = () => {
    const start = socket.read(HTTP2_PREFACE.length) as Buffer | null;
    if (start === null) return;
    socket.off("readable", look);
    socket.unshift(start);
    then(start.toString("latin1"));
  };
  socket.on("readable", look);
}

function remember<T extends {once(event: "close", listener: () => void): unknown}>(all: Set<T>, one: T): void {
  all.add(one);
  one.once("close", () => all.delete(one));
}
