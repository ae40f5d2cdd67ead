import type {SwimLane} from "../lane.ts";
import type {Broken, Mesh} from "../mesh.ts";
import {problemAt, type Problem} from "../problem.ts";
import {didYouMean} from "../suggest.ts";

/** Fallbacks are other lanes of the same group, and no chain of them comes back to where it began. */
export function checkFallbacks({lanes}: Mesh, broken: Broken): Problem[] {
  const byName = new Map(lanes.map((lane) => [lane.metadata.name, lane]));
  return [...lanes.flatMap((lane) => checkNames(lane, byName, broken)), ...checkCycles(byName)];
}

function checkNames(lane: SwimLane, byName: Map<string, SwimLane>, broken: Broken): Problem[] {
  const {name} = lane.metadata;
  return lane.spec.fallback.flatMap((fallback, index) => {
    const refuse = (message: string, hint?: string) => [problemAt(lane, ["spec", "fallback", index], {message, hint})];
    const other = byName.get(fallback);
    if (fallback === name)
      return refuse("falls back to itself", "Remove it: the lane's own workload is tried first anyway.");
    if (fallback === "baseline")
      return refuse("names baseline as a fallback", "Remove it: the baseline is always last.");
    if (other === undefined) {
      if (broken.lanes.has(fallback)) return [];
      return refuse(`there is no lane "${fallback}" to fall back to`, didYouMean(fallback, byName.keys()));
    }
    if (other.spec.group === lane.spec.group) return [];
    return refuse(
      `falls back to lane ${fallback} of another group, ${other.spec.group}`,
      `It overrides no service of ${lane.spec.group}: name a lane of this group.`,
    );
  });
}

/** Each cycle once, at its lane that comes first by name. */
function checkCycles(byName: Map<string, SwimLane>): Problem[] {
  const done = new Set<string>();
  const problems: Problem[] = [];
  for (const lane of byName.values()) {
    const cycle = findCycle(lane.metadata.name, byName, done);
    if (cycle === undefined) continue;
    const start = byName.get(cycle[0]!)!;
    const path = ["spec", "fallback", start.spec.fallback.indexOf(cycle[1]!)];
    const message = `its fallbacks lead back to it: ${cycle.join(" -> ")}`;
    problems.push(problemAt(start, path, {message, hint: "Remove one of these fallbacks."}));
  }
  return problems;
}

/** A walk without recursion, as chains may be as long as there are lanes. `done`: lanes from which no new cycle starts. */
function findCycle(start: string, byName: Map<string, SwimLane>, done: Set<string>): string[] | undefined {
  const trail: {name: string; next: number}[] = done.has(start) ? [] : [{name: start, next: 0}];
  const open = new Set([start]);
  while (trail.length > 0) {
    const top = trail.at(-1)!;
    const to = byName.get(top.name)?.spec.fallback[top.next++];
    if (to === undefined) {
      done.add(top.name);
      open.delete(top.name);
      trail.pop();
    } else if (open.has(to) && to !== top.name) {
      const names = trail.map(({name}) => name);
      names.forEach((name) => done.add(name));
      return [...names.slice(names.indexOf(to)), to];
    } else if (!done.has(to) && !open.has(to)) {
      open.add(to);
      trail.push({name: to, next: 0});
    }
  }
  return undefined;
}
