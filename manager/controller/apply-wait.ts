import {setTimeout as sleep} from "node:timers/promises";
import type {Api} from "../cluster/api.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import type {Judged} from "./concerns.ts";
import type {Desired} from "./desired.ts";
import {type ReconcileOptions, reconcile} from "./reconcile.ts";
import type {Settings} from "./settings.ts";

const pollMs = 1000;

/**
 * Passes until all lanes have a ready endpoint of their own where they override a service, and the proxies have it.
 * A route goes only to what is ready, so what becomes ready meanwhile needs a pass of its own. What has an error is not
 * waited for: no time mends it.
 * @param objects the groups and lanes that were applied
 * @param end when to give up, in milliseconds since the epoch
 * @returns what the last pass aimed at, and what is not ready even then
 */
export async function reconcileUntilReady(
  api: Api,
  settings: Settings,
  objects: readonly KubernetesObject[],
  end: number,
  options: ReconcileOptions,
): Promise<{aim: Desired; waiting: readonly string[]}> {
  const lanes = objects.filter(({kind}) => kind === "SwimLane").map(({metadata}) => metadata.name);
  let said = "";
  let {state} = options;
  for (;;) {
    const timeoutMs = Math.max(0, end - Date.now());
    const aim = await reconcile(api, settings, {...options, state, wait: true, timeoutMs});
    state = undefined;
    const waiting = aim.waiting(lanes);
    if (waiting.length === 0 || Date.now() >= end || hasErrors(aim.judgedFor(objects))) return {aim, waiting};
    const text = waiting.join("\n");
    if (text !== said) options.progress(text);
    said = text;
    await sleep(pollMs);
  }
}

function hasErrors({problems, notices}: Judged): boolean {
  return [...problems, ...notices].some(({severity}) => severity === "error");
}
