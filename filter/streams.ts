/**
 * What the response of a stream needs, kept by stream id: a fixed table, each id in one of a few places, so that nothing is
 * allocated and nothing has to be moved when one is let go.
 */

const PLACES: u32 = 4096;
const WINDOW: u32 = 16;

/** Bytes of a place; the first four are the stream's id. */
const PLACE: u32 = 80;

const table: usize = memory.data(80 * 4096, 8);

/** The 76 bytes of a stream, 0 when there is no place: then nothing is done for it. */
export function openStream(id: u32): usize {
  const there = placeOf(id, id);
  const place = there ? there : placeOf(id, 0);
  if (!place) return 0;
  store<u32>(place, id);
  return place + 4;
}

/** The bytes that were kept for a stream, 0 when there are none. They may be read until the next stream is opened. */
export function closeStream(id: u32): usize {
  const place = placeOf(id, id);
  if (!place) return 0;
  store<u32>(place, 0);
  return place + 4;
}

/** The place near where `id` belongs that `holder` has; 0 holds the free ones. */
function placeOf(id: u32, holder: u32): usize {
  for (let i: u32 = 0; i < WINDOW; i++) {
    const place = table + ((id + i) & (PLACES - 1)) * PLACE;
    if (load<u32>(place) == holder) return place;
  }
  return 0;
}
