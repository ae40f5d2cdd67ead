/**
 * Addresses and CIDRs (RFC 4291 text forms, dotted IPv4). 16 bytes in network order; IPv4 is kept IPv4-mapped, and an
 * IPv4-mapped IPv6 address is IPv4.
 */

import {equal, find, hexValue, isDigit} from "./bytes";

/** Bytes of an address, and of a CIDR: the address and its prefix length in bits of the 128. */
export const ADDRESS: u32 = 16;
export const CIDR: u32 = 20;

const groups: usize = memory.data(16, 8);

/** Reads an address into `out`; false when it is none. */
export function readAddress(at: usize, length: u32, out: usize): bool {
  const end = at + length;
  if (find(at, end, 0x3a) < end) return readIpv6(at, end, out);
  store<u64>(out, 0);
  store<u32>(out, 0xffff0000, 8);
  return readIpv4(at, end, out + 12);
}

/** Reads an address with a port behind it (`10.0.0.1:80`, `[::1]:80`), or without one. */
export function readPeer(at: usize, length: u32, out: usize): bool {
  const end = at + length;
  if (length && load<u8>(at) == 0x5b) {
    const close = find(at, end, 0x5d);
    return close < end && readAddress(at + 1, <u32>(close - at - 1), out);
  }
  const colon = find(at, end, 0x3a);
  const second = colon < end ? find(colon + 1, end, 0x3a) : end;
  return readAddress(at, <u32>((second < end ? end : colon) - at), out);
}

/** Reads `ADDRESS/BITS` into `out` (`CIDR` bytes); false when it is none. Bits behind the prefix are let go. */
export function readCidr(at: usize, length: u32, out: usize): bool {
  const end = at + length;
  const slash = find(at, end, 0x2f);
  if (slash == end || !readAddress(at, <u32>(slash - at), out)) return false;
  const bits = readDecimal(slash + 1, end, 128);
  if (bits < 0) return false;
  const dotted = find(at, slash, 0x3a) == slash;
  if (dotted && bits > 32) return false;
  store<u32>(out, dotted ? bits + 96 : bits, 16);
  return true;
}

/** Whether the CIDR has the address. A CIDR that is shorter than the IPv4-mapped prefix has IPv6 addresses only. */
export function cidrHas(cidr: usize, address: usize): bool {
  const bits = load<u32>(cidr, 16);
  if (bits < 96 && isIpv4(address)) return false;
  const whole = bits >> 3;
  if (!equal(cidr, address, whole)) return false;
  const rest = bits & 7;
  if (!rest) return true;
  return (load<u8>(cidr + whole) ^ load<u8>(address + whole)) >> (<u8>(8 - rest)) == 0;
}

function isIpv4(address: usize): bool {
  return load<u64>(address) == 0 && load<u32>(address, 8) == 0xffff0000;
}

/** A decimal number up to `most` in all of [at, end), without needless zeros; -1 when it is none. */
function readDecimal(at: usize, end: usize, most: i32): i32 {
  if (at >= end || end - at > 3 || (load<u8>(at) == 0x30 && end - at > 1)) return -1;
  let number = 0;
  for (; at < end; at++) {
    if (!isDigit(load<u8>(at))) return -1;
    number = number * 10 + (load<u8>(at) - 0x30);
  }
  return number <= most ? number : -1;
}

function readIpv4(at: usize, end: usize, out: usize): bool {
  for (let i = 0; i < 4; i++) {
    const dot = find(at, end, 0x2e);
    if (dot == end ? i < 3 : i == 3) return false;
    const number = readDecimal(at, dot, 255);
    if (number < 0) return false;
    store<u8>(out + i, <u8>number);
    at = dot + 1;
  }
  return true;
}

/** Groups before and behind `::` are collected in their order; the gap is opened at the end. */
function readIpv6(at: usize, end: usize, out: usize): bool {
  let bytes: u32 = 0;
  let gap: i32 = -1;
  if (end - at >= 2 && load<u8>(at) == 0x3a) {
    if (load<u8>(at + 1) != 0x3a) return false;
    gap = 0;
    at += 2;
  }
  while (at < end) {
    if (bytes > 14) return false;
    const to = find(at, end, 0x3a);
    if (to == end && find(at, end, 0x2e) < end) {
      if (bytes > 12 || !readIpv4(at, end, groups + bytes)) return false;
      bytes += 4;
      break;
    }
    if (!readGroup(at, to, groups + bytes)) return false;
    bytes += 2;
    at = to + 1;
    if (to == end) break;
    if (at == end) return false;
    if (load<u8>(at) == 0x3a) {
      if (gap >= 0) return false;
      gap = bytes;
      at++;
    }
  }
  return spread(bytes, gap, out);
}

function readGroup(at: usize, end: usize, out: usize): bool {
  if (at >= end || end - at > 4) return false;
  let group: u32 = 0;
  for (; at < end; at++) {
    const digit = hexValue(load<u8>(at));
    if (digit == 255) return false;
    group = (group << 4) | digit;
  }
  store<u8>(out, <u8>(group >> 8));
  store<u8>(out, <u8>group, 1);
  return true;
}

function spread(bytes: u32, gap: i32, out: usize): bool {
  if (gap < 0 ? bytes != 16 : bytes > 14) return false;
  const head = gap < 0 ? 16 : <u32>gap;
  const tail = bytes - min<u32>(bytes, head);
  memory.fill(out, 0, ADDRESS);
  memory.copy(out, groups, min<u32>(head, bytes));
  memory.copy(out + ADDRESS - tail, groups + head, tail);
  return true;
}
