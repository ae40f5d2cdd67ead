/** FNV-1a of 64 bits with a final mix, and the 10,000 sticky buckets (docs/filter-configuration.md). */

const OFFSET: u64 = 0xcbf29ce484222325;
const PRIME: u64 = 0x100000001b3;

/** Buckets that weights are given in: hundredths of a percent. */
export const BUCKETS: u32 = 10000;

/** FNV-1a-64, continued from `hash`. */
export function fnv(hash: u64, at: usize, length: u32): u64 {
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ (<u64>load<u8>(at + i))) * PRIME;
  return hash;
}

export function fnvStart(): u64 {
  return OFFSET;
}

export function mix(hash: u64): u64 {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}

/** A group's salt: the hash of its name and one zero byte. */
export function seedOf(name: usize, length: u32): u64 {
  return fnv(OFFSET, name, length) * PRIME;
}

/** The bucket (0..9999) of a sticky key. */
export function bucketOf(seed: u64, key: usize, length: u32): u32 {
  return <u32>(((mix(fnv(seed, key, length)) >> 32) * BUCKETS) >> 32);
}
