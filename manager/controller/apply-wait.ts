import {setTimeout as sleep} from "node:timers/promises";
import type {Api} from "../cluster/api.ts";
import type {Desired} from "./desired.ts";
import type {PassResult} from "./pass.ts";
import {type ReconcileOptions, reconcile} from "./reconcile.ts";
import type {Settings} from "./settings.ts";

const pollMs = 1000;

/**
 * Passes until all lanes have a ready endpoint of their own where they override a service, and the proxies have it.
 * A route goes only to what is ready, so what becomes ready meanwhile needs a pass of its own.
 * @param end when to give up, in milliseconds since the epoch
 * @returns the last pass, and what is not ready even then
 */
export async function reconcileUntilReady(
  api: Api,
  settings: Settings,
  lanes: readonly string[],
  end: number,
  options: ReconcileOptions,
): Promise<{result: PassResult<Desired>; waiting: readonly string[]}> {
  let said = "";
  let {known} = options;
  for (;;) {
    const timeoutMs = Math.max(0, end - Date.now());
    const result = await reconcile(api, settings, {...options, known, wait: true, timeoutMs});
    known = undefined;
    const waiting = result.aim.waiting(lanes);
    if (waiting.length === 0 || Date.now() >= end) return {result, waiting};
    const text = waiting.join("\n");
    if (text !== said) options.progress(text);
    said = text;
    await sleep(pollMs);
  }
}
