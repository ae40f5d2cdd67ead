import {type KubernetesObject, unrendered} from "../../model/kubernetes.ts";
import {isNewer} from "../../model/version-order.ts";
import {steps} from "../../render/istio/steps.ts";
import {keyOf} from "../changes.ts";
import {isThere} from "../compare.ts";
import {count, failed, ok, type Result, some} from "./result.ts";
import type {Inspection} from "./inspection.ts";

/** The objects that the lanes need are in the cluster as they are to be, and no others of ours. */
export function checkObjects({program, settings, state, desired}: Inspection): Result[] {
  if (state === undefined || desired === undefined) return [];
  const {objects, kept} = desired.rendering;
  const writes = steps(objects, state.live, kept).flatMap((stage) => stage.writes);
  const live = new Map(state.objects.map((object) => [keyOf(object), object]));
  const found = new Map<keyof typeof wrongs, string[]>();
  for (const write of writes) {
    const wrong = "put" in write ? wrongOf(write.put, live.get(keyOf(write.put))) : "left";
    if (wrong === undefined) continue;
    const names = found.get(wrong) ?? [];
    found.set(wrong, [...names, nameOf("put" in write ? write.put : write.delete)]);
  }
  if (found.size === 0) return [ok("objects", `${count(objects.length, "object")}, each as the lanes ask for it`)];
  const follow = hintOf(program, settings?.version ?? program, state.lanes.length > 0);
  return [...found]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([wrong, names]) => failed("objects", `${wrongs[wrong]}: ${some(names)}`, follow, names));
}

const wrongs = {
  missing: "not there",
  other: "not as the lanes ask for it",
  left: "there, though no lane needs it",
};

/** How to let the mesh follow: an older program than the installation writes nothing, and apply needs lanes. */
function hintOf(program: string, installed: string, hasLanes: boolean): string {
  if (isNewer(installed, program))
    return `Use meshlane ${installed} or later: its ${hasLanes ? "apply" : "install"} lets the mesh follow all lanes.`;
  if (isNewer(program, installed)) return "Run meshlane upgrade: it lets the mesh follow all lanes.";
  if (!hasLanes) return "Run meshlane install: it lets the mesh follow, also where no lane is left.";
  return "Run meshlane apply with any of your lanes: it lets the mesh follow them all.";
}

function wrongOf(wanted: KubernetesObject, live: KubernetesObject | undefined): keyof typeof wrongs | undefined {
  if (live === undefined) return "missing";
  return isThere(wanted, unrendered(live)) ? undefined : "other";
}

function nameOf({kind, metadata}: KubernetesObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
