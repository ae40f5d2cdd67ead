import {randomBytes} from "node:crypto";
import {once} from "node:events";
import {request} from "node:http";
import {connect} from "node:http2";
import type {Duplex} from "node:stream";

/** A stream that stays open; what is sent on it comes back. */
export interface EchoStream {
  /** Resolves with what came back for this. Rejects when the stream has ended. */
  echo(message: string): Promise<string>;
  close(): void;
}

/** A WebSocket to the edge on that port. */
export async function openWebSocket(port: number, headers: Record<string, string> = {}): Promise<EchoStream> {
  const handshake = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
  };
  const outgoing = request({host: "127.0.0.1", port, headers: {...headers, ...handshake}}).end();
  const [, socket] = (await once(outgoing, "upgrade")) as [unknown, Duplex];
  const mask = Buffer.alloc(4);
  return stream(socket, (message) => Buffer.concat([Buffer.of(0x82, 0x80 | message.length), mask, message]), 2);
}

/** A bidirectional gRPC stream over HTTP/2 to the edge on that port. */
export async function openGrpc(port: number, headers: Record<string, string> = {}): Promise<EchoStream> {
  const session = connect(`http://127.0.0.1:${port}`);
  const grpc = {":method": "POST", ":path": "/echo.Echo/Stream", "content-type": "application/grpc", te: "trailers"};
  const call = session.request({...headers, ...grpc});
  const framed = (message: Buffer): Buffer => Buffer.concat([Buffer.of(0, 0, 0, 0, message.length), message]);
  const opened = stream(call, framed, 5);
  await once(call, "response");
  return {
    ...opened,
    close() {
      opened.close();
      session.destroy();
    },
  };
}

/** Messages have at most 125 bytes, and a frame's header has `header` bytes on its way back. */
function stream(socket: Duplex, frame: (message: Buffer) => Buffer, header: number): EchoStream {
  let ended: string | undefined;
  const end = (why: string) => (): void => {
    ended ??= why;
    socket.destroy();
  };
  socket.once("end", end("ended")).once("error", end("broke")).once("close", end("closed"));
  let received = Buffer.alloc(0);
  const more = new EventTarget();
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    more.dispatchEvent(new Event("data"));
  });
  socket.once("close", () => more.dispatchEvent(new Event("data")));
  return {
    async echo(message) {
      const size = header + Buffer.byteLength(message);
      if (ended === undefined) socket.write(frame(Buffer.from(message)));
      while (received.length < size) {
        if (ended !== undefined) throw new Error(`the stream has ${ended}`);
        await once(more, "data");
      }
      const answer = received.subarray(header, size).toString();
      received = received.subarray(size);
      return answer;
    },
    close: () => socket.destroy(),
  };
}
