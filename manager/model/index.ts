export type {Condition, Operator} from "./condition.ts";
export type {EntryRoute, SwimLaneGroup, WayIn} from "./group.ts";
export {durationSeconds, type LaneService, type SwimLane} from "./lane.ts";
export {loadMesh} from "./load.ts";
export type {Mesh} from "./mesh.ts";
export {type Call, type Playground, type Protocol, traceIds, type Workload} from "./playground.ts";
export {formatProblem, problemAt, type Problem} from "./problem.ts";
export {holdsKind, type SourceText} from "./read.ts";
export {keyOf, precedence, selects, servicesOf} from "./resolve.ts";
