import {createHash} from "node:crypto";
import type {IncomingMessage} from "node:http";
import type {Duplex} from "node:stream";

/** The `sec-websocket-accept` of a key (RFC 6455, section 4.2.2). */
function acceptKey(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** Accepts an upgrade and sends every frame back; answers 400 to an upgrade that is no WebSocket handshake. */
export function echoWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const key = request.headers["sec-websocket-key"];
  if (request.headers.upgrade?.toLowerCase() !== "websocket" || key === undefined) {
    socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    return;
  }
  const accepted = ["HTTP/1.1 101 Switching Protocols", "upgrade: websocket", "connection: Upgrade"];
  socket.write([...accepted, `sec-websocket-accept: ${acceptKey(key)}`, "", ""].join("\r\n"));
  socket.on("error", () => socket.destroy());
  let waiting = head;
  const read = (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (let frame = nextFrame(waiting); frame !== undefined; frame = nextFrame(waiting)) {
      waiting = waiting.subarray(frame.size);
      answer(socket, frame);
    }
  };
  read(Buffer.alloc(0));
  socket.on("data", read);
  socket.on("end", () => socket.end());
}

interface Frame {
  /** FIN, reserved bits and opcode as they came. */
  first: number;
  payload: Buffer;
  /** Bytes of the whole frame. */
  size: number;
}

const OPCODE = 0x0f;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

function answer(socket: Duplex, {first, payload}: Frame): void {
  const opcode = first & OPCODE;
  if (opcode === PONG) return;
  const reply = frame(opcode === PING ? (first & ~OPCODE) | PONG : first, payload);
  if (opcode === CLOSE) socket.end(reply);
  else socket.write(reply);
}

/** A client's frame at the start of the bytes (RFC 6455, section 5.2), or undefined while it is not all there. */
function nextFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const maskAt = 2 + lengthBytes;
  const start = maskAt + 4;
  if (bytes.length < start) return undefined;
  const length = lengthBytes === 0 ? short : Number(BigInt(`0x${bytes.toString("hex", 2, maskAt)}`));
  if (bytes.length < start + length) return undefined;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  for (let i = 0; i < length; i++) payload[i]! ^= bytes[maskAt + (i & 3)]!;
  return {first: bytes[0]!, payload, size: start + length};
}

/** A server's frame: unmasked. */
function frame(first: number, payload: Buffer): Buffer {
  const size = payload.length;
  if (size < 126) return Buffer.concat([Buffer.of(first, size), payload]);
  const header = Buffer.alloc(size < 0x10000 ? 4 : 10);
  header[0] = first;
  header[1] = header.length === 4 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(size, 2);
  else header.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([header, payload]);
}
