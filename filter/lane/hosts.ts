/**
 * Host patterns: `shop.example.com`, or with one `*` that stands for one or more characters of one label. A template has
 * `{lane}` in that place.
 */

import {endsWith, equal, find, startsWith} from "./bytes";

const STAR: u8 = 0x2a;
const DOT: u8 = 0x2e;

/** The bytes that the star stood for, after `matchesHost` of a pattern with a star. */
export let starAt: usize = 0;
export let starLength: u32 = 0;

/** Whether it is a pattern: labels of a-z, 0-9, `-` and `_` (or an address in brackets), at most one star. */
export function isHostPattern(at: usize, length: u32): bool {
  let stars = 0;
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if (byte == STAR) stars++;
    if (byte <= 0x20 || byte >= 0x7f || byte == 0x2f || <u8>(byte - 0x41) < 26) return false;
  }
  return length > 0 && stars < 2;
}

/** Whether a host in lower case and without port matches. */
export function matchesHost(pattern: usize, patternLength: u32, host: usize, hostLength: u32): bool {
  const star = <u32>(find(pattern, pattern + patternLength, STAR) - pattern);
  if (star == patternLength) return patternLength == hostLength && equal(pattern, host, hostLength);
  const tail = patternLength - star - 1;
  if (hostLength < patternLength || !startsWith(host, hostLength, pattern, star)) return false;
  if (!endsWith(host, hostLength, pattern + star + 1, tail)) return false;
  starAt = host + star;
  starLength = hostLength - star - tail;
  return find(starAt, starAt + starLength, DOT) == starAt + starLength;
}

/** Whether some host matches both patterns: as many labels, and each pair of labels has one in common. */
export function overlaps(a: usize, aLength: u32, b: usize, bLength: u32): bool {
  const aEnd = a + aLength;
  const bEnd = b + bLength;
  while (a < aEnd && b < bEnd) {
    const aDot = find(a, aEnd, DOT);
    const bDot = find(b, bEnd, DOT);
    if (!labelsOverlap(a, <u32>(aDot - a), b, <u32>(bDot - b))) return false;
    a = aDot + 1;
    b = bDot + 1;
  }
  return a >= aEnd && b >= bEnd;
}

function labelsOverlap(a: usize, aLength: u32, b: usize, bLength: u32): bool {
  const aStar = <u32>(find(a, a + aLength, STAR) - a);
  const bStar = <u32>(find(b, b + bLength, STAR) - b);
  if (bStar == bLength) return matchesHost(a, aLength, b, bLength);
  if (aStar == aLength) return matchesHost(b, bLength, a, aLength);
  const head = min(aStar, bStar);
  const tail = min(aLength - aStar, bLength - bStar) - 1;
  if (!equal(a, b, head)) return false;
  return equal(a + aLength - tail, b + bLength - tail, tail);
}
