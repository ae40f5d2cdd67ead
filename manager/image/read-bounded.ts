/**
 * The body of an answer.
 * @param limit in bytes
 * @param what for the message
 * @throws Error when there is more than that; the rest is not fetched
 */
export async function readBounded(answer: Response, limit: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) throw new Error(`${what} is larger than ${limit} bytes: it is not fetched`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
