/**
 * The body of an answer.
 * @param limit in bytes
 * @param what for the message
 * @throws Error when there is more than that, of which the rest is not fetched, and when not all of it comes
 */
export async function readBounded({body}: Response, limit: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of whole((body ?? []) as AsyncIterable<Uint8Array>, what)) {
    size += chunk.byteLength;
    if (size > limit) throw new Error(`${what} is larger than ${limit} bytes: it is not fetched`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* whole(body: AsyncIterable<Uint8Array>, what: string): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    const late = (error as Error).name === "TimeoutError";
    throw new Error(`${what} ${late ? "did not come in time" : "breaks off in the middle"}: try again`, {cause: error});
  }
}
