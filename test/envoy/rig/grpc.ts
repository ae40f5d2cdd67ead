export const GRPC = "application/grpc";

/** One message, not compressed. */
export function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The only message of a body. */
export function unframe(body: Buffer): Buffer {
  if (body.length < 5 || body.readUInt32BE(1) !== body.length - 5)
    throw new Error(`no message of gRPC: ${body.toString()}`);
  return body.subarray(5);
}
