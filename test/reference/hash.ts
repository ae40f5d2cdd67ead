const MASK = (1n << 64n) - 1n;
const BASIS = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/** FNV-1a-64 continued from `state` over a byte string. */
export function fnv1a64(text: string, state = BASIS): bigint {
  let hash = state;
  for (let i = 0; i < text.length; i++) hash = ((hash ^ BigInt(text.charCodeAt(i))) * PRIME) & MASK;
  return hash;
}

export function mix64(value: bigint): bigint {
  let h = value;
  h ^= h >> 33n;
  h = (h * 0xff51afd7ed558ccdn) & MASK;
  h ^= h >> 33n;
  h = (h * 0xc4ceb9fe1a85ec53n) & MASK;
  return h ^ (h >> 33n);
}

function seed(group: string): bigint {
  return fnv1a64(`${group}\0`);
}

export function stickyHash(group: string, key: string): bigint {
  return mix64(fnv1a64(key, seed(group)));
}

/** 0..9999 */
export function bucket(group: string, key: string): number {
  return Number(((stickyHash(group, key) >> 32n) * 10000n) >> 32n);
}
