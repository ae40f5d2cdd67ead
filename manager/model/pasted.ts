import {CONTEXT} from "./context.ts";

/** With this begin the names of the routes that we write into somebody's VirtualService, or print to be pasted there. */
const MARK = "meshlane-";

/** A subset that we name: readable parts, and a hash of the labels. */
const SUBSET = /^meshlane-(.*-)?[0-9a-f]{8}$/;

/** One match of an http route, as far as lanes show in it. */
export interface LaneMatch {
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** An http route of a VirtualService, as far as lanes show in it. */
interface LaneHttp {
  readonly name?: string;
  readonly match?: readonly LaneMatch[];
  readonly route?: readonly {readonly destination?: {readonly subset?: string}}[];
}

/** The name of what we make for lanes of a user's route. `to`: the destination's name, or the refusal's */
export function variantName(route: LaneHttp, to: string): string {
  return [MARK, ...(route.name === undefined ? [] : [route.name, "-"]), to].join("");
}

/** Whether a match is for requests of lanes only. */
export function isOfLane({headers = {}}: LaneMatch): boolean {
  return headers[CONTEXT] !== undefined;
}

/** Whether a route is for requests of lanes only. Its owner may have written one himself. */
export function isOfLanes({match = []}: LaneHttp): boolean {
  return match.length > 0 && match.every(isOfLane);
}

/** The spec of a VirtualService of ours alone, without routes of lanes and without the subsets that others of its routes name. */
export function withoutLanes(spec: unknown): unknown {
  return withHttp(spec, (http) => http.filter((route) => !isOfLanes(route)).map(withoutSubset));
}

/** The spec of somebody's VirtualService without what we wrote or printed for it: its owner's. */
export function withoutPasted(spec: unknown): unknown {
  return withHttp(spec, (http) =>
    http.filter((route) => !isVariant(route)).map((route) => (isOfLanes(route) ? route : withoutSubset(route))),
  );
}

/** Names of the routes that we wrote, or printed for the owner to paste, to Services that lanes have for themselves. */
export function variantNames({http = []}: {readonly http?: readonly LaneHttp[]}): string[] {
  const own = http.filter(({route = []}) => route.every(({destination}) => destination?.subset === undefined));
  return own.filter(isVariant).flatMap(({name}) => name ?? []);
}

function isVariant(route: LaneHttp): boolean {
  // Offline nobody has checked that a name is a text.
  return isOfLanes(route) && String(route.name ?? "").startsWith(MARK);
}

function withHttp(spec: unknown, change: (http: readonly LaneHttp[]) => readonly LaneHttp[]): unknown {
  const {http} = (spec ?? {}) as {readonly http?: readonly LaneHttp[]};
  return Array.isArray(http) ? {...(spec as object), http: change(http)} : spec;
}

function withoutSubset(route: LaneHttp): LaneHttp {
  if (route.route === undefined) return route;
  const destinations = route.route.map((one) => {
    const {subset = "", ...destination} = one.destination ?? {};
    return SUBSET.test(subset) ? {...one, destination} : one;
  });
  return {...route, route: destinations};
}
