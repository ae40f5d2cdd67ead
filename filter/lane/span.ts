import {charactersOf, lengthOf} from "./json";
import {keep} from "./writer";

/** Bytes somewhere: how the flat form refers to names and values. */
@unmanaged
export class Span {
  at: usize;
  length: u32;
}

/** Bytes of a `Span`. */
export const SPAN: u32 = 8;

/** Copies a string of the tape into the configuration. */
export function keepString(span: Span, entry: u32): bool {
  span.at = keep(charactersOf(entry), lengthOf(entry));
  span.length = lengthOf(entry);
  return span.at != 0;
}
