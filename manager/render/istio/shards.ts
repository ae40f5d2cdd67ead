import type {JsonObject} from "../filter-config.ts";
import {shortHash} from "./names.ts";

/** Clusters that one object holds on average at most, some 20 KiB; no object holds many more than twice as many. */
const MOST = 32;

/**
 * Clusters of one service by the suffix of the name of the object that holds them. An object is checked, stored and read by
 * istiod as a whole, which with the clusters of some hundred lanes in one took longer than all else that a new lane needs.
 *
 * Linear hashing (Litwin 1980): an object more takes half of the clusters of one that was there, and no others move. Those
 * are in both objects for a while: of one name, istiod takes the first (normalizeClusters in its pilot/pkg/networking/core).
 */
export function shards(clusters: readonly JsonObject[]): Map<string, JsonObject[]> {
  const count = Math.max(1, Math.ceil(clusters.length / MOST));
  const all = new Map<string, JsonObject[]>();
  for (const cluster of clusters) {
    const index = indexAmong(count, Number.parseInt(shortHash(JSON.stringify(cluster["name"])), 16));
    const suffix = index === 0 ? "" : `-${index}`;
    const held = all.get(suffix) ?? [];
    held.push(cluster);
    all.set(suffix, held);
  }
  return all;
}

function indexAmong(count: number, hash: number): number {
  const whole = 2 ** Math.floor(Math.log2(count));
  const index = hash % (2 * whole);
  return index < count ? index : hash % whole;
}
