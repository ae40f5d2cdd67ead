import {selectorKey} from "../../render/istio/pod-names.ts";
import type {Inspection} from "./inspection.ts";
import {count, ok, type Result, some, warning} from "./result.ts";

/** What clients send as context passes a gateway that is of no group. */
export function checkGateways({desired}: Inspection): Result[] {
  if (desired === undefined) return [];
  const {facts, mesh} = desired;
  if (mesh.groups.length === 0) return [ok("gateways", "there is no group yet")];
  const own = new Set(mesh.groups.flatMap(({spec}) => spec.entry.gateways));
  const guarded = [...own].map((key) => facts.gateways.get(key)?.selector ?? {});
  const leaving = facts.egressGateways.map((key) => facts.kubernetesServices.get(key)?.selector ?? {});
  const known = new Set([...guarded, ...leaving].map(selectorKey));
  const open = [...facts.gateways.values()].filter(
    ({workloads, selector}) => workloads.length > 0 && !known.has(selectorKey(selector)),
  );
  if (open.length === 0) return [ok("gateways", `${count(own.size, "gateway")} of groups, and no other`)];
  const names = open.map(({key}) => key);
  const message = `gateway ${some(names)} is of no group: x-swimlane and baggage that clients send there pass into the mesh`;
  const hint = `Write entry: {gateways: [${names[0]}]} in a group, or let the gateway remove x-swimlane.`;
  return [warning("gateways", message, hint, names)];
}
