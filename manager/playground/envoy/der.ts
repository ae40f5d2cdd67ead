/** The few forms of ASN.1 DER (ITU-T X.690) that a certificate needs. */

export const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, ...parts);
export const setOf = (...parts: Buffer[]): Buffer => tagged(0x31, ...parts);
export const octets = (...parts: Buffer[]): Buffer => tagged(0x04, ...parts);
export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
export const yes: Buffer = tagged(0x01, Buffer.of(0xff));

/** Any tag; constructed and context tags carry their bits themselves (0xa0, 0x86, ...). */
export function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), length(body.length), body]);
}

/** A positive integer from its big-endian bytes. */
export function integer(bytes: Buffer): Buffer {
  return tagged(0x02, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
}

/** A bit string of whole bytes, of whose last byte the lowest `unused` bits do not count. */
export function bits(bytes: Buffer, unused = 0): Buffer {
  return tagged(0x03, Buffer.of(unused), bytes);
}

/** An object identifier in dotted form, such as "2.5.4.3". */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime, good for the years up to 2049. */
export function utcTime(at: Date): Buffer {
  return tagged(
    0x17,
    Buffer.from(
      at
        .toISOString()
        .replace(/[-:T]|\.\d+/g, "")
        .slice(2),
    ),
  );
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  const bytes = size < 0x100 ? [size] : [size >> 8, size & 0xff];
  return Buffer.from([0x80 + bytes.length, ...bytes]);
}

function base128(part: number): number[] {
  const digits = [part & 0x7f];
  for (let rest = part >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
