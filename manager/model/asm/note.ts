import {problemAt, type Problem} from "../problem.ts";
import type {Path} from "../source.ts";
import type {AsmGroup, AsmLane, ClusterService} from "./schema.ts";

/** Says, with its place, what of an ASM object was not carried over and why. */
export type Note = (object: AsmGroup | AsmLane, path: Path, message: string, hint?: string) => void;

export function noteInto(problems: Problem[]): Note {
  return (object, path, message, hint) => {
    problems.push(problemAt(object, path, {severity: "warning", message, hint}));
  };
}

const policy = "Write it into a DestinationRule of the Service; Meshlane keeps what stands there.";
const route = "Write it into a VirtualService of the Service; docs say what Meshlane keeps of it.";

/** Fields that have no counterpart. */
export function noteUncarried({group, lanes}: {group: AsmGroup; lanes: AsmLane[]}, note: Note): void {
  const {spec} = group;
  if (spec.defaultTrafficPolicyPatch !== undefined) {
    note(group, ["spec", "defaultTrafficPolicyPatch"], "defaultTrafficPolicyPatch is not carried over", policy);
  }
  if (spec.defaultHttpRoutePatch !== undefined) {
    note(group, ["spec", "defaultHttpRoutePatch"], "defaultHttpRoutePatch is not carried over", route);
  }
  if (spec.autoUpdate !== undefined) {
    note(group, ["spec", "autoUpdate"], "autoUpdate is not carried over: Meshlane always follows the cluster");
  }
  for (const object of [group, ...lanes]) {
    object.spec.services?.forEach((service, index) => noteService(object, service, index, note));
    if (object.metadata.annotations !== undefined) noteAnnotations(object, object.metadata.annotations, note);
  }
}

function noteService(object: AsmGroup | AsmLane, service: ClusterService, index: number, note: Note): void {
  const path = ["spec", "services", index];
  const {name, cluster, trafficPolicyPatch, httpRoutePatch} = service;
  if (cluster !== undefined) {
    note(object, [...path, "cluster"], `the cluster of service ${name} is not carried over: apply the result there`);
  }
  if (trafficPolicyPatch !== undefined) {
    note(object, [...path, "trafficPolicyPatch"], `trafficPolicyPatch of service ${name} is not carried over`, policy);
  }
  if (httpRoutePatch !== undefined) {
    note(object, [...path, "httpRoutePatch"], `httpRoutePatch of service ${name} is not carried over`, route);
  }
}

function noteAnnotations(object: AsmGroup | AsmLane, annotations: Record<string, string>, note: Note): void {
  const own = Object.keys(annotations).filter((key) => !key.startsWith("kubectl.kubernetes.io/"));
  if (own.length > 0) note(object, ["metadata", "annotations"], `annotations are not carried over: ${own.join(", ")}`);
}
