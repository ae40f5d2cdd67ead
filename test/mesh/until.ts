import {setTimeout as delay} from "node:timers/promises";

export interface Patience {
  /** What is waited for, as the error names it. */
  what: string;
  ms?: number;
  everyMs?: number;
  signal?: AbortSignal;
}

/**
 * Asks until the answer is neither undefined nor false, and resolves to it. An error of the question counts as not yet;
 * the last one is told when the time is over.
 */
export async function until<Value>(
  ask: () => Value | Promise<Value>,
  {what, ms = 30_000, everyMs = 50, signal}: Patience,
): Promise<Exclude<Value, undefined | false>> {
  const end = performance.now() + ms;
  let last: unknown;
  while (performance.now() < end) {
    signal?.throwIfAborted();
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer as Exclude<Value, undefined | false>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(everyMs, undefined, {signal});
  }
  const why = last === undefined ? "" : `: ${(last as Error).message}`;
  throw new Error(`not within ${ms / 1000} s: ${what}${why}`, {cause: last});
}
