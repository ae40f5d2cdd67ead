/** What an echo program answers: itself, what it received, and the answers of its callees. */
export interface EchoAnswer {
  service: string;
  workload: string;
  request: {
    method: string;
    path: string;
    /** Those received of `x-swimlane`, `baggage`, `traceparent`, `x-request-id` and of the headers it forwards. */
    headers: Record<string, string>;
  };
  calls: EchoCall[];
}

/** One call of an echo program; with the callee's own answer when the callee is an echo program too. */
export interface EchoCall extends Partial<EchoAnswer> {
  /** The callee. */
  service: string;
  hop: Hop;
  /** HTTP status, 0 when there was no answer. */
  status: number;
  /** Why there was no answer. */
  error?: string;
}

/** What the caller's outbound filter says of the hop. */
export interface Hop {
  lane: string;
  carrier: string;
}

/** Reads `x-swimlane-hop: LANE;CARRIER`; without it no filter was there. */
export function parseHop(value: string | undefined): Hop {
  const [lane, carrier] = value?.split(";") ?? [];
  return {lane: lane || "baseline", carrier: carrier || "none"};
}

/** Empty for the answer of a program that is no echo program: nothing is known of its calls. */
export function parseAnswer(body: string): Partial<EchoAnswer> {
  try {
    const parsed = JSON.parse(body) as Partial<EchoAnswer> | null;
    return typeof parsed?.workload === "string" && Array.isArray(parsed.calls) ? parsed : {};
  } catch {
    return {};
  }
}
