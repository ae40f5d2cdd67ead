import type {SwimLane} from "../lane.ts";
import type {Broken, Mesh} from "../mesh.ts";
import {problemAt, type Problem} from "../problem.ts";
import {didYouMean} from "../suggest.ts";

/** Fallbacks are other lanes of the same group. Two may name each other: a fallback's own fallbacks are not tried. */
export function checkFallbacks({lanes}: Mesh, broken: Broken): Problem[] {
  const byName = new Map(lanes.map((lane) => [lane.metadata.name, lane]));
  return lanes.flatMap((lane) => checkNames(lane, byName, broken));
}

function checkNames(lane: SwimLane, byName: Map<string, SwimLane>, broken: Broken): Problem[] {
  return lane.spec.fallback.flatMap((fallback, index) => {
    const refuse = (message: string, hint?: string) => [problemAt(lane, ["spec", "fallback", index], {message, hint})];
    const other = byName.get(fallback);
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
