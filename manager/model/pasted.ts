import {isDeepStrictEqual} from "node:util";
import {CONTEXT} from "./context.ts";

/** What may be a lane's name. */
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** A subset that we name: readable parts, and a hash of the labels. */
const SUBSET = /^meshlane-(.*-)?[0-9a-f]{8}$/;

/** One match of an http route, as far as lanes show in it. */
export interface LaneMatch {
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** An http route of a VirtualService, as far as lanes show in it. */
export interface LaneHttp {
  readonly name?: string;
  readonly match?: readonly LaneMatch[];
  readonly route?: readonly LaneDestination[];
  readonly directResponse?: {readonly status?: unknown};
}

interface LaneDestination {
  readonly weight?: number;
  readonly destination?: {readonly host?: string; readonly subset?: string};
}

/** By what routes of ours are told from the owner's. */
export interface Known {
  readonly isLane: (name: string) => boolean;
  /** The owner's routes before an edit: they are never ours, and variants of theirs are. */
  readonly before?: readonly LaneHttp[];
}

/** Whether a match is for requests of lanes only. */
export function isOfLane({headers = {}}: LaneMatch): boolean {
  return headers[CONTEXT] !== undefined;
}

/** Whether a route is for requests of lanes only. */
export function isOfLanes({match = []}: LaneHttp): boolean {
  return match.length > 0 && match.every(isOfLane);
}

/** The spec of a VirtualService of ours alone, without routes of lanes and without the subsets that others of its routes name. */
export function withoutLanes(spec: unknown): unknown {
  const {http, ...rest} = (spec ?? {}) as {http?: readonly LaneHttp[]};
  return http === undefined ? rest : {...rest, http: http.filter((route) => !isOfLanes(route)).map(withoutSubsets)};
}

/** The spec of somebody's VirtualService without what we printed or wrote into it. */
export function withoutPasted(spec: unknown, known: Known): unknown {
  const {http} = (spec ?? {}) as {http?: readonly LaneHttp[]};
  if (http === undefined) return spec;
  const own = ownersRoutes(http, known);
  return {...(spec as object), http: own.map((route) => (isOfLanes(route) ? route : withoutSubsets(route)))};
}

/**
 * The http routes that are the owner's. One is ours only if it is what we make of another route beside it: that one's match and
 * the context of lanes that there are, that one's name and the destination's, and one destination or our refusal. An owner may
 * match the context himself.
 */
export function ownersRoutes<Route extends LaneHttp>(
  http: readonly Route[],
  {isLane, before = []}: Known,
): readonly Route[] {
  const bases = [...http, ...before].filter((route) => !isOfLanes(route)).map(baseOf);
  return http.filter((route) => {
    const lanes = lanesOf(route);
    const end = lanes.some(isLane) ? nameOfVariant(route, lanes) : undefined;
    if (end === undefined || before.some((own) => isDeepStrictEqual(own, route))) return true;
    const matches = matchesBesides(route.match ?? []);
    return !bases.some((base) => route.name === `${base.prefix}${end}` && isDeepStrictEqual(base.matches, matches));
  });
}

function baseOf({name, match = []}: LaneHttp) {
  const others = match.filter((one) => !isOfLane(one));
  return {prefix: name === undefined ? "" : `${name}-`, matches: matchesBesides(others.length === 0 ? [{}] : others)};
}

/** What matches ask for besides the context. */
function matchesBesides(match: readonly LaneMatch[]): ReadonlySet<unknown> {
  const besides = match.map(({headers = {}, ...rest}) => {
    const {[CONTEXT]: _context, ...others} = headers;
    return Object.keys(others).length === 0 ? rest : {...rest, headers: others};
  });
  return new Set(besides.filter((one, index) => besides.findIndex((met) => isDeepStrictEqual(met, one)) === index));
}

/** The lanes that all matches of a route name as ours do; none where one of them does otherwise. */
function lanesOf({match = []}: LaneHttp): string[] {
  const named = match.map(({headers = {}}) => {
    const {exact, regex, ...more} = (headers[CONTEXT] ?? {}) as {exact?: unknown; regex?: unknown};
    const isOne = (exact === undefined) !== (regex === undefined) && Object.keys(more).length === 0;
    return isOne ? String(exact ?? regex).split("|") : [""];
  });
  return named.flat().every((name) => LABEL.test(name)) ? [...new Set(named.flat())] : [];
}

/** The end of the name that a variant with this destination, or refusal, has; undefined where ours has neither. */
function nameOfVariant({route, directResponse}: LaneHttp, lanes: readonly string[]): string | undefined {
  if (route === undefined)
    return directResponse?.status === 503 && lanes.length === 1 ? `${lanes[0]}-refused` : undefined;
  const [{weight, destination: {host = "", subset} = {}} = {}, ...more] = route;
  const [, service] = /^([^.]+)\.[^.]+\.svc\./.exec(host) ?? [];
  if (service === undefined || weight !== undefined || more.length > 0) return undefined;
  if (subset === undefined) return service;
  return SUBSET.test(subset) ? `${service}/${subset}` : undefined;
}

function withoutSubsets(route: LaneHttp): LaneHttp {
  if (route.route === undefined) return route;
  const destinations = route.route.map((one) => {
    const {subset = "", ...destination} = one.destination ?? {};
    return SUBSET.test(subset) ? {...one, destination} : one;
  });
  return {...route, route: destinations};
}
