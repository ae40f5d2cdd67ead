/** Headers. Names are lower case; bytes are given and taken as they are. */

import {
  NOT_FOUND,
  OK,
  proxyAddHeaderMapValue,
  proxyGetHeaderMapPairs,
  proxyGetHeaderMapValue,
  proxyRemoveHeaderMapValue,
  proxyReplaceHeaderMapValue,
} from "./abi";
import {lengthCell, pointerCell} from "./result";

/** Whether the map has the header; then `resultPointer` and `resultLength` are the first value of that name. */
export function getHeader(map: u32, name: usize, nameLength: u32): bool {
  return proxyGetHeaderMapValue(map, name, nameLength, pointerCell, lengthCell) == OK;
}

/** Whether the map has the header, or may have: its value may be too large for the arena. */
export function mayHaveHeader(map: u32, name: usize, nameLength: u32): bool {
  return proxyGetHeaderMapValue(map, name, nameLength, pointerCell, lengthCell) != NOT_FOUND;
}

/**
 * All headers in one call, at `resultPointer`: their number (u32), for each the lengths of name and value (u32, u32), then
 * for each the name, a zero byte, the value, a zero byte. No bytes at all where there is no header. Cheaper than two
 * `getHeader` that hit.
 */
export function getPairs(map: u32): bool {
  return proxyGetHeaderMapPairs(map, pointerCell, lengthCell) == OK;
}

/** Sets the header to one value, whatever was there. */
export function replaceHeader(map: u32, name: usize, nameLength: u32, value: usize, valueLength: u32): void {
  proxyReplaceHeaderMapValue(map, name, nameLength, value, valueLength);
}

/** Adds one more value. */
export function addHeader(map: u32, name: usize, nameLength: u32, value: usize, valueLength: u32): void {
  proxyAddHeaderMapValue(map, name, nameLength, value, valueLength);
}

/** Removes all values of that name. */
export function removeHeader(map: u32, name: usize, nameLength: u32): void {
  proxyRemoveHeaderMapValue(map, name, nameLength);
}
