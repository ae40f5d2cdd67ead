import type {SwimLaneGroup} from "./group.ts";
import type {SwimLane} from "./lane.ts";
import type {Playground} from "./playground.ts";

/** All groups and lanes, with all defaults filled in. Groups by key, lanes by name, whatever the order of the files. */
export interface Mesh {
  groups: SwimLaneGroup[];
  lanes: SwimLane[];
  playground?: Playground;
}

/** Objects that are there but not valid: nothing may be said about what refers to them. */
export interface Broken {
  /** Keys, `NAMESPACE/NAME`. */
  groups: Set<string>;
  lanes: Set<string>;
  playground: boolean;
}
