/** The proxy's own node and the labels of its pod. Neither changes while the proxy runs: they are asked when configured. */

import {OK} from "./host/abi";
import {resetArena} from "./host/arena";
import {getProperty} from "./host/properties";
import {resultLength, resultPointer} from "./host/result";
import {same, startsWith, textAt, textLength} from "./lane/bytes";
import {charactersOf, lengthOf, nextOf} from "./lane/json";
import {resetScratch, takeScratch} from "./lane/scratch";

const XDS = text("xds\0");

/** Whether the node has that; then it is the result. Envoy has it under `xds`; hosts that have it at the top are asked second. */
export function getNode(path: usize, length: u32): bool {
  resetArena();
  const top = textLength(XDS);
  return getProperty(path, length) == OK || getProperty(path + top, length - top) == OK;
}

const ID = text("xds\0node\0id");
const ROUTER = text("router~");

/** Whether this is a gateway, as Istio's agent names the nodes of gateways. */
export function isRouter(): bool {
  if (!getNode(textAt(ID), textLength(ID))) return false;
  return startsWith(resultPointer(), resultLength(), textAt(ROUTER), textLength(ROUTER));
}

/** Where Istio's bootstrap has the labels of the pod. */
const LABELS = text("xds\0node\0metadata\0LABELS\0");

/** Whether the pod has that label; then its value is the result. */
export function getLabel(at: usize, length: u32): bool {
  resetScratch();
  const start = textLength(LABELS);
  const path = takeScratch(start + length);
  memory.copy(path, textAt(LABELS), start);
  memory.copy(path + start, at, length);
  return getNode(path, start + length);
}

/** Whether the pod has all labels of a set (an object of the tape). */
export function podHas(labels: u32): bool {
  const end = nextOf(labels);
  for (let key = labels + 1; key < end; key = nextOf(key + 1)) {
    if (!getLabel(charactersOf(key), lengthOf(key))) return false;
    if (!same(resultPointer(), resultLength(), charactersOf(key + 1), lengthOf(key + 1))) return false;
  }
  return true;
}
