import {formatProblem} from "../../model/index.ts";
import {count, failed, ok, type Result, warning} from "./result.ts";
import type {Inspection} from "./inspection.ts";

/** Groups and lanes of the cluster fit together. */
export function checkLanes({desired}: Inspection): Result[] {
  if (desired === undefined) return [];
  const {problems, mesh} = desired;
  const found = problems.map((problem) => {
    const {hint = "Change it, and apply it again.", ...rest} = problem;
    const message = formatProblem({...rest, line: 0, file: ""}).replace(/^warning: /, "");
    return problem.severity === "error" ? failed("lanes", message, hint) : warning("lanes", message, hint);
  });
  const waiting = desired.waiting(mesh.lanes.map(({metadata}) => metadata.name));
  found.push(
    ...waiting.map((line) =>
      warning("lanes", line.replace(/\.$/, ""), "kubectl describe pod says why one is not ready."),
    ),
  );
  if (found.length > 0) return found;
  return [ok("lanes", `${count(mesh.groups.length, "group")}, ${count(mesh.lanes.length, "lane")}`)];
}

/** What of the lanes cannot be routed: VirtualServices, DestinationRules and others' objects in the way. */
export function checkRoutes({desired}: Inspection): Result[] {
  if (desired === undefined) return [];
  const found = desired.rendering.notices.map(({severity, subject, message, hint}) => {
    const whole = message.includes(subject) ? message : `${subject}: ${message}`;
    return severity === "error" ? failed("routes", whole, hint) : warning("routes", whole, hint);
  });
  if (found.length > 0) return found;
  return [ok("routes", "no VirtualService or DestinationRule is in the way of a lane")];
}
