import type {JsonObject} from "../filter-config.ts";
import {shortHash} from "./names.ts";

/** Clusters that one object holds on average at most, some 20 KiB. */
const MOST = 32;

/**
 * Clusters of one service by the suffix of the name of the object that holds them; sorted. An object is checked, stored and
 * read by istiod as a whole, which with the clusters of some hundred lanes in one took longer than all else that a new lane
 * needs. Where a cluster is follows from its name and from how many digits tell the objects apart. When that changes,
 * clusters are in two objects for a while: of one name, istiod takes the first (normalizeClusters in its
 * pilot/pkg/networking/core).
 */
export function shards(clusters: readonly JsonObject[]): Map<string, JsonObject[]> {
  const digits = Math.max(0, Math.ceil(Math.log(clusters.length / MOST) / Math.log(16)));
  const all = new Map<string, JsonObject[]>();
  for (const cluster of clusters) {
    const suffix = digits === 0 ? "" : `-${shortHash(JSON.stringify(cluster["name"])).slice(0, digits)}`;
    all.set(suffix, [...(all.get(suffix) ?? []), cluster]);
  }
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}
