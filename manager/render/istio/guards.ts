import {type IstioObject, type IstioOptions, PART, type Rendering} from "./options.ts";
import type {Entrance, PodSet} from "./pod-sets.ts";
import {unfit} from "./unfit.ts";

/** What is written on one set of pods where groups enter. */
export interface EdgeObjects {
  /** Without one of them a client would get into a lane by naming it: where one is missing, nothing is written. */
  readonly guards: readonly IstioObject[];
  /** The guards are good without them; but an edge of before may let anybody into the lanes of a group that it does not know. */
  readonly others: readonly IstioObject[];
}

export interface Guarded extends Rendering {
  /** Entrances of which a guard, or the edge, may not be written. */
  readonly left: readonly Entrance[];
}

/** The objects of all sets that have their guards. */
export function guarded(
  sets: readonly PodSet[],
  objectsOf: (pods: PodSet) => EdgeObjects,
  options: IstioOptions,
): Guarded {
  const all = sets.map(({entrances, ...pods}) => {
    const {guards, others} = objectsOf({entrances, ...pods});
    const missing = guards.flatMap((object) => unfit(object, options) ?? []);
    if (missing.length > 0) return {objects: [], notices: missing, left: entrances};
    const stands = others.filter(isEdge).every((object) => unfit(object, options) === undefined);
    return {objects: [...guards, ...others], notices: [], left: stands ? [] : entrances};
  });
  return {
    objects: all.flatMap(({objects}) => objects),
    notices: all.flatMap(({notices}) => notices),
    left: all.flatMap(({left}) => left),
  };
}

function isEdge({metadata}: IstioObject): boolean {
  return metadata.labels[PART] === "edge";
}
