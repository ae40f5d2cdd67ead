import {baggageLane, withMember, withoutMember} from "./baggage.ts";
import {holds, type Condition} from "./conditions.ts";
import {carried, isLane, oneLane} from "./context.ts";
import {bucket} from "./hash.ts";
import {stripped, type Common} from "./inbound.ts";
import {cookie, host, query, values, withHeader, without, type Header, type Request} from "./request.ts";
import type {Table} from "./table.ts";
import {traceIds} from "./trace-ids.ts";

export interface Way {
  host?: string;
  header?: string;
  cookie?: string;
  query?: string;
  grant: Condition;
}

export interface Key {
  cookie?: string;
  header?: string;
  query?: string;
  issue?: string;
}

export interface Group {
  name: string;
  hosts?: readonly string[];
  ask: readonly Way[];
  rules: readonly {lane: string; when: Condition}[];
  sticky: readonly Key[];
  buckets: readonly {lane: string; runs: readonly (readonly [number, number])[]}[];
}

export interface Edge extends Common {
  stripped: boolean;
  remember?: {plainText: boolean} | undefined;
  groups: readonly Group[];
}

export interface Decided {
  headers: readonly Header[];
  lane: string | undefined;
  /** The cookie to set on the response, where a key was issued. */
  issued?: {name: string; key: string} | undefined;
}

/** `issue` gives the next key of the random source. */
export function edge(configuration: Edge, request: Request, table: Table, issue: () => string): Decided {
  const {remember, header} = configuration;
  const ids = traceIds(request.headers, configuration.traceIds);
  if (remember && (remember.plainText || request.mtls === true)) {
    const lane = carried(request.headers, header)?.lane;
    table.arrive(ids, lane, request.now);
    return {headers: request.headers, lane};
  }
  const decision = decide(configuration, request, issue);
  if (remember) table.arrive(ids, decision.lane, request.now);
  return {...decision, headers: written(configuration, request.headers, decision.lane)};
}

type Decision = Omit<Decided, "headers">;

function decide(configuration: Edge, request: Request, issue: () => string): Decision {
  const group = groupOf(configuration.groups, host(request.headers));
  if (!group) return {lane: undefined};
  const asked = group.ask.map((way) => grantedLane(configuration, way, request)).find((lane) => lane !== undefined);
  if (asked !== undefined) return {lane: asked};
  const rule = group.rules.find((one) => holds(one.when, request));
  return rule ? {lane: rule.lane} : byWeight(group, request, issue);
}

/** The group whose hosts have this authority, else the one that takes the rest. */
function groupOf(groups: readonly Group[], authority: string | undefined): Group | undefined {
  const named = groups.find((group) => group.hosts?.some((pattern) => matches(pattern, authority)));
  return named ?? groups.find((group) => group.hosts === undefined);
}

/** One `*` stands for one or more characters of one label. */
function matches(pattern: string, authority: string | undefined): boolean {
  if (authority === undefined) return false;
  const [before, after] = pattern.split("*");
  if (after === undefined) return pattern === authority;
  const middle = between(authority, before ?? "", after);
  return middle !== undefined && middle !== "" && !middle.includes(".");
}

function between(text: string, before: string, after: string): string | undefined {
  const fits = text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
  return fits ? text.slice(before.length, text.length - after.length) : undefined;
}

function grantedLane(configuration: Edge, way: Way, request: Request): string | undefined {
  const lane = askedLane(configuration, way, request.headers);
  return lane !== undefined && holds(way.grant, request) ? lane : undefined;
}

function askedLane(configuration: Edge, way: Way, headers: readonly Header[]): string | undefined {
  if (way.header !== undefined) return headerLane(configuration, way.header, headers);
  const text = textOf(way, headers);
  return text !== undefined && isLane(text) ? text : undefined;
}

function textOf(way: Way, headers: readonly Header[]): string | undefined {
  if (way.cookie !== undefined) return cookie(headers, way.cookie);
  if (way.query !== undefined) return query(headers, way.query);
  const [before = "", after = ""] = (way.host ?? "").split("{lane}");
  return between(host(headers) ?? "", before, after);
}

/** The context header and `baggage` are read as the client sent them. */
function headerLane(configuration: Edge, name: string, headers: readonly Header[]): string | undefined {
  const {header} = configuration;
  if (name === "baggage")
    return baggageLane(values(headers, configuration.stripped ? `${header}-asked-baggage` : name));
  return oneLane(values(headers, name === header && configuration.stripped ? `${header}-asked` : name));
}

function byWeight(group: Group, request: Request, issue: () => string): Decision {
  for (const key of group.sticky) {
    const found = keyOf(key, request.headers);
    if (found) return {lane: laneOfBucket(group, bucket(group.name, found))};
    if (key.issue === undefined) continue;
    const issued = {name: key.issue, key: issue()};
    return {lane: laneOfBucket(group, bucket(group.name, issued.key)), issued};
  }
  return {lane: undefined};
}

function keyOf(key: Key, headers: readonly Header[]): string | undefined {
  if (key.header !== undefined) return values(headers, key.header)[0];
  if (key.query !== undefined) return query(headers, key.query);
  return cookie(headers, key.cookie ?? key.issue ?? "");
}

export function laneOfBucket(group: Pick<Group, "buckets">, number: number): string | undefined {
  const owns = (runs: readonly (readonly [number, number])[]): boolean =>
    runs.some(([first, count]) => number >= first && number < first + count);
  return group.buckets.find((one) => owns(one.runs))?.lane;
}

function written(configuration: Edge, headers: readonly Header[], lane: string | undefined): readonly Header[] {
  const {header} = configuration;
  const clean = configuration.stripped ? givenBack(headers, header) : stripped(headers, header);
  return lane === undefined ? clean : withMember(withHeader(clean, header, lane), lane);
}

/** The native strip's two headers go; what others had in the client's baggage comes back. */
function givenBack(headers: readonly Header[], header: string): readonly Header[] {
  const asked = values(headers, `${header}-asked-baggage`);
  const rest = without(without(headers, `${header}-asked`), `${header}-asked-baggage`);
  const back = asked.map((line): Header => ["baggage", line]);
  return withoutMember(without([...rest, ...back], header));
}
