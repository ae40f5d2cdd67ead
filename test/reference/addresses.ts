import {isIP} from "node:net";

/** Whether "10.1.2.3:80" or "[::1]:80" lies in a range such as "10.0.0.0/8". IPv4-mapped IPv6 counts as IPv4. */
export function inRange(range: string, source: string): boolean {
  const [network = "", length = ""] = range.split("/");
  const wanted = parse(network);
  const found = parse(source.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""));
  if (!wanted || !found || wanted.bits !== found.bits) return false;
  const mapped = network.includes(":") && wanted.bits === 32 ? 96 : 0;
  const shift = BigInt(wanted.bits - (Number(length) - mapped));
  return wanted.value >> shift === found.value >> shift;
}

interface Address {
  bits: 32 | 128;
  value: bigint;
}

function parse(text: string): Address | undefined {
  const version = isIP(text);
  if (version === 4) return {bits: 32, value: number(text.split("."), 10, 8n)};
  if (version !== 6 || text.includes("%")) return undefined;
  const value = number(groups(text), 16, 16n);
  return value >> 32n === 0xffffn ? {bits: 32, value: value & 0xffffffffn} : {bits: 128, value};
}

/** The eight groups of an IPv6 address, in hexadecimal. */
function groups(text: string): string[] {
  const hexadecimal = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: string[]) => {
    const [a, b, c, d] = parts.map(Number) as [number, number, number, number];
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = "", tail] = hexadecimal.split("::");
  const left = head === "" ? [] : head.split(":");
  if (tail === undefined) return left;
  const right = tail === "" ? [] : tail.split(":");
  return [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
}

function number(parts: readonly string[], base: 10 | 16, width: bigint): bigint {
  return parts.reduce((sum, part) => (sum << width) | BigInt(base === 16 ? `0x${part}` : part), 0n);
}
