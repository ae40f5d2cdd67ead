/**
 * Configurations by root context. All plugins with the same module bytes share one memory, and a new configuration starts
 * while streams of an old one still run: so each root context has a block of its own, in a list, newest first.
 */

import {BAD_ARGUMENT, proxySetEffectiveContext} from "./abi";
import {freeBlock} from "./blocks";

/** Bytes at the start of a root's block that belong to this list. */
export const ROOT_HEADER: u32 = 8;

@unmanaged
class Root {
  next: usize;
  id: u32;
}

let newest: usize = 0;
let current: usize = 0;

/** The block of the stream that is being called, 0 when its root holds none. */
export function currentRoot(): usize {
  return current;
}

/**
 * Call it from `proxy_on_context_create`. The host creates a stream's context directly before its first headers, in one
 * go, so nothing need be kept by stream.
 */
export function enterContext(parent: u32): void {
  if (parent) current = rootOf(parent);
}

/** The block of a root context, 0 when there is none. */
export function rootOf(id: u32): usize {
  let block = newest;
  while (block && changetype<Root>(block).id != id) block = changetype<Root>(block).next;
  return block;
}

/** Makes `block` (from `takeBlock`, its first `ROOT_HEADER` bytes unused) the configuration of root context `id`. */
export function holdRoot(id: u32, block: usize): void {
  const root = changetype<Root>(block);
  root.next = newest;
  root.id = id;
  newest = block;
}

/** Frees the blocks of root contexts that the host has deleted, and the one that `id` had. Call it when configured. */
export function freeGoneRoots(id: u32): void {
  current = 0;
  let before: usize = 0;
  let block = newest;
  while (block) {
    const root = changetype<Root>(block);
    const next = root.next;
    if (root.id == id || proxySetEffectiveContext(root.id) == BAD_ARGUMENT) {
      if (before) changetype<Root>(before).next = next;
      else newest = next;
      freeBlock(block);
    } else {
      before = block;
    }
    block = next;
  }
  proxySetEffectiveContext(id);
}
