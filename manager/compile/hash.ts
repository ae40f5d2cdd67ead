import {BUCKETS} from "./buckets.ts";

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffff_ffff_ffff_ffffn;

/** The bucket, 0..9999, of a sticky key in a group `NAMESPACE/NAME` (docs/filter-configuration.md, "Sticky buckets"). */
export function bucketOf(group: string, key: string): number {
  return Number(((stickyHash(group, key) >> 32n) * BigInt(BUCKETS)) >> 32n);
}

/** 64 bits, unsigned. */
export function stickyHash(group: string, key: string): bigint {
  return mix(fnv1a(Buffer.from(key), fnv1a(Buffer.from(`${group}\0`), OFFSET)));
}

function fnv1a(bytes: Uint8Array, from: bigint): bigint {
  return bytes.reduce((hash, byte) => ((hash ^ BigInt(byte)) * PRIME) & MASK, from);
}

function mix(hash: bigint): bigint {
  let h = hash;
  h = ((h ^ (h >> 33n)) * 0xff51afd7ed558ccdn) & MASK;
  h = ((h ^ (h >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK;
  return h ^ (h >> 33n);
}
