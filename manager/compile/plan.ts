/** What is to happen in the mesh: the pure result of compiling all groups and lanes, whatever the target. */
export interface Plan {
  /** One entry a service of a group, sorted by service. */
  readonly services: readonly ServicePlan[];
  /** What the edges decide, one entry a group, sorted by name. */
  readonly groups: readonly GroupPlan[];
  /** Destinations whose pods belong to exactly one lane and are nobody's fallback. */
  readonly pods: readonly PodLane[];
  /** The owners of each group's buckets after this compilation, to be remembered for the next one. */
  readonly owners: Owners;
}

/** A Service, `NAMESPACE/NAME`, or those of its pods that carry `labels`. */
export interface Destination {
  readonly service: string;
  readonly labels?: Labels;
}

export type Labels = Readonly<Record<string, string>>;

export interface ServicePlan {
  readonly service: string;
  readonly baseline: Destination;
  /** Sorted by lane; a lane that is not here goes to the baseline. */
  readonly lanes: readonly LaneRoute[];
}

export interface LaneRoute {
  readonly lane: string;
  /** The destinations to try, in order; the baseline is last unless the lane is strict here. */
  readonly chain: readonly Destination[];
}

export interface PodLane {
  readonly destination: Destination;
  readonly lane: string;
}

/** The edge's part of a group; the field names are those of docs/filter-configuration.md. */
export interface GroupPlan {
  readonly name: string;
  readonly gateways: readonly string[];
  readonly entryServices: readonly string[];
  /** Host patterns with at most one `*`; absent: every authority that no other group has. */
  readonly hosts?: readonly string[];
  readonly ask: readonly WayIn[];
  readonly rules: readonly Rule[];
  readonly sticky: readonly StickyKey[];
  readonly buckets: readonly LaneBuckets[];
}

export type WayIn = ({host: string} | {header: string} | {cookie: string} | {query: string}) & {grant: Condition};

export interface Rule {
  readonly lane: string;
  readonly when: Condition;
}

export type StickyKey = {cookie: string} | {header: string} | {query: string} | {issue: string};

export interface LaneBuckets {
  readonly lane: string;
  readonly runs: readonly Run[];
}

/** `[FIRST, COUNT]` of the 10,000 buckets. */
export type Run = readonly [first: number, count: number];

/** Group `NAMESPACE/NAME` -> lane -> runs of buckets, ascending and disjoint. */
export type Owners = Readonly<Record<string, Readonly<Record<string, readonly Run[]>>>>;

export type Operator =
  | {exact: string}
  | {prefix: string}
  | {suffix: string}
  | {contains: string}
  | {in: readonly string[]}
  | {present: boolean};

export type Named = {name: string} & Operator;

/** The structured form of a condition that the filter flattens (docs/filter-configuration.md, "Conditions"). */
export type Condition =
  | {all: readonly Condition[]}
  | {any: readonly Condition[]}
  | {not: Condition}
  | {anyone: true}
  | {uri: Operator}
  | {method: Operator}
  | {host: Operator}
  | {region: Operator}
  | {zone: Operator}
  | {header: Named}
  | {query: Named}
  | {cookie: Named}
  | {from: readonly string[]}
  | {time: {after?: number; before?: number}};
