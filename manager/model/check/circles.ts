import type {Mesh} from "../mesh.ts";
import type {PlaygroundService} from "../playground.ts";
import {problemAt, type Problem} from "../problem.ts";

/**
 * Calls of echo programs that come back to the same service: a request would be called on for ever. A service that only
 * processes of the user's stand behind ends a circle, as what they call is theirs to say. Each circle is told at its
 * service that stands first in the file.
 */
export function checkCircles({playground}: Mesh): Problem[] {
  if (playground === undefined) return [];
  const {services} = playground.spec;
  return services.flatMap((service, at) => {
    const callees = calleesOf(services.slice(at));
    return (callees.get(service.name) ?? []).flatMap((callee, index) => {
      const circle = wayBack(service.name, callee, callees);
      if (circle === undefined) return [];
      const message = `calls go in a circle: ${circle.join(" -> ")}`;
      const hint = "Remove one of these calls: the echo programs would call each other for ever.";
      return [problemAt(playground, ["spec", "services", at, "calls", index], {severity: "warning", message, hint})];
    });
  });
}

/** Circles that only a lane makes, whose workload stands in for a service that it calls again. */
export function checkLaneCircles({playground, lanes}: Mesh): Problem[] {
  if (playground === undefined) return [];
  const callees = calleesOf(playground.spec.services);
  return lanes.flatMap((lane) => {
    const targets = new Map(
      lane.spec.services.flatMap(({name, to}) => (to === undefined ? [] : [[name, to] as const])),
    );
    const ofLane = new Map(
      [...callees].map(([caller, called]) => [caller, called.map((name) => targets.get(name) ?? name)]),
    );
    return lane.spec.services.flatMap(({to}, index) => {
      const circles = (ofLane.get(to ?? "") ?? []).flatMap((callee) => wayBack(to!, callee, ofLane) ?? []);
      if (to === undefined || circles.length === 0) return [];
      const message = `in this lane calls go in a circle: ${circles.join(" -> ")}`;
      const hint = `Let ${to} call something else: the echo programs would call each other for ever.`;
      return [problemAt(lane, ["spec", "services", index], {severity: "warning", message, hint})];
    });
  });
}

function calleesOf(services: readonly PlaygroundService[]): Map<string, string[]> {
  const echoes = services.filter(({workloads}) => workloads.some(({address}) => address === undefined));
  return new Map(echoes.map(({name, calls}) => [name, calls.map(({service}) => service)]));
}

/** The shortest way from `start` by `callee` back to it. */
function wayBack(start: string, callee: string, callees: Map<string, string[]>): string[] | undefined {
  const callers = new Map([[callee, start]]);
  for (const caller of callers.keys()) {
    if (caller === start) return trail(start, callers);
    for (const next of callees.get(caller) ?? []) if (!callers.has(next)) callers.set(next, caller);
  }
  return undefined;
}

function trail(start: string, callers: Map<string, string>): string[] {
  const names = [start];
  do names.unshift(callers.get(names[0]!)!);
  while (names[0] !== start);
  return names;
}
