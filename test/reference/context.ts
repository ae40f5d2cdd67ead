import {baggageLane} from "./baggage.ts";
import {values, type Header} from "./request.ts";

export type Carrier = "header" | "baggage" | "trace" | "pod" | "none";

export interface Context {
  lane: string;
  carrier: Carrier;
}

export function isLane(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text) && !text.includes("\n");
}

/** The one lane that these values name: equal duplicates count as one; different or malformed ones give none. */
export function oneLane(found: readonly string[]): string | undefined {
  const [first, ...others] = found;
  if (first === undefined || others.some((other) => other !== first)) return undefined;
  return isLane(first) ? first : undefined;
}

/** The context that the request brings: by the header, else by the baggage member. */
export function carried(headers: readonly Header[], header: string): Context | undefined {
  const byHeader = oneLane(values(headers, header));
  if (byHeader !== undefined) return {lane: byHeader, carrier: "header"};
  const byBaggage = baggageLane(values(headers, "baggage"));
  return byBaggage === undefined ? undefined : {lane: byBaggage, carrier: "baggage"};
}
