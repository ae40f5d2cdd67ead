import {oneLane} from "./context.ts";
import {cut, trim, values, without, type Header} from "./request.ts";

const KEY = "swimlane";
/** W3C Baggage: what every platform must propagate; nobody may count on more. */
const MAX_MEMBERS = 64;
const MAX_BYTES = 8192;

/** The members of all `baggage` headers, as written, without the space around them; empty ones are left out. */
export function members(lines: readonly string[]): string[] {
  return lines
    .flatMap((line) => line.split(","))
    .map(trim)
    .filter((member) => member !== "");
}

/** The value of a `swimlane` member without its properties, empty without `=`; undefined for a member of others. */
export function laneOf(member: string): string | undefined {
  const [key, value] = cut(cut(member, ";")[0], "=");
  return trim(key) === KEY ? trim(value ?? "") : undefined;
}

export function isOurs(member: string): boolean {
  return laneOf(member) !== undefined;
}

/** The lane that the baggage names: none where its members differ or one is malformed. */
export function baggageLane(lines: readonly string[]): string | undefined {
  return oneLane(members(lines).flatMap((member) => laneOf(member) ?? []));
}

/** The members of others, in order. */
export function othersOf(lines: readonly string[]): string[] {
  return members(lines).filter((member) => !isOurs(member));
}

/** The headers with the members of others only; unchanged where none is ours. */
export function withoutMember(headers: readonly Header[]): readonly Header[] {
  const lines = values(headers, "baggage");
  return members(lines).some(isOurs) ? written(headers, othersOf(lines)) : headers;
}

/** The headers with one member for the lane beside those of others, unless that passes the limits of W3C. */
export function withMember(headers: readonly Header[], lane: string): readonly Header[] {
  const others = othersOf(values(headers, "baggage"));
  const all = [...others, `${KEY}=${lane}`];
  const fits = all.length <= MAX_MEMBERS && all.join(",").length <= MAX_BYTES;
  return written(headers, fits ? all : others);
}

function written(headers: readonly Header[], list: readonly string[]): readonly Header[] {
  const rest = without(headers, "baggage");
  return list.length === 0 ? rest : [...rest, ["baggage", list.join(",")]];
}
