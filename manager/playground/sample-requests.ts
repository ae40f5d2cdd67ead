import {BlockList, isIPv6} from "node:net";

import {bucketOf} from "../compile/hash.ts";
import type {Condition, GroupPlan, Named, Plan, StickyKey, WayIn} from "../compile/plan.ts";

/** One request to the edge. */
export interface SampleRequest {
  /** What it shows: a lane, `baseline`, or a sticky key. */
  readonly name: string;
  readonly method: "GET";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where a request differs from a plain one. */
interface Ask {
  readonly host?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request of the baseline, and one for each lane that a single request can show, in the order of the lanes' names. */
export function sampleRequests(plan: Plan, lanes: readonly LaneOf[], edge: string): SampleRequest[] {
  const [first] = plan.groups;
  const baseline = request("baseline", edge, first ? {...plainHost(first), ...stickyAsk(first, undefined)} : {});
  const asked = lanes.flatMap(({name, group: key}) => {
    const group = plan.groups.find((each) => each.name === key);
    const ask = group && (stickyAsk(group, name) ?? wayAsk(group, name) ?? ruleAsk(group, name));
    return group && ask ? [request(name, edge, {...plainHost(group), ...ask})] : [];
  });
  return [baseline, ...asked];
}

export interface LaneOf {
  readonly name: string;
  /** `NAMESPACE/NAME` */
  readonly group: string;
}

/** Requests of `count` users of the first group that has weighted lanes: `u0`, `u1`, ... */
export function userRequests(plan: Plan, count: number, edge: string): SampleRequest[] {
  const group = plan.groups.find(({buckets}) => buckets.length > 0);
  const key = group?.sticky[0];
  if (group === undefined || key === undefined) return [];
  return Array.from({length: count}, (_, user) =>
    request(`u${user}`, edge, {...plainHost(group), ...keyAsk(key, `u${user}`)}),
  );
}

function request(name: string, edge: string, {host, path = "/", headers = {}}: Ask): SampleRequest {
  const port = edge.slice(edge.lastIndexOf(":"));
  return {name, method: "GET", url: `http://${host === undefined ? edge : host + port}${path}`, headers};
}

/** A host of the group when not every host is. */
function plainHost({hosts}: GroupPlan): Ask {
  const [host] = hosts ?? [];
  return host === undefined ? {} : {host: host.replace("*", "www")};
}

/** A user whom the weights put into that lane, or, without a lane, into none. */
function stickyAsk(group: GroupPlan, lane: string | undefined): Ask | undefined {
  const [key] = group.sticky;
  if (key === undefined || (lane !== undefined && !group.buckets.some((owned) => owned.lane === lane)))
    return undefined;
  for (let user = 0; user < 100_000; user++) {
    if (laneOf(group, `u${user}`) === lane) return keyAsk(key, `u${user}`);
  }
  return undefined;
}

/** The weighted lane that owns the bucket of a sticky key. */
function laneOf(group: GroupPlan, key: string): string | undefined {
  const bucket = bucketOf(group.name, key);
  const owned = ({runs}: GroupPlan["buckets"][number]): boolean =>
    runs.some(([first, count]) => bucket >= first && bucket < first + count);
  return group.buckets.find(owned)?.lane;
}

function keyAsk(key: StickyKey, value: string): Ask {
  if ("header" in key) return {headers: {[key.header]: value}};
  if ("query" in key) return {path: `/?${key.query}=${value}`};
  return {headers: {cookie: `${"cookie" in key ? key.cookie : key.issue}=${value}`}};
}

/** By the first way in that requests from loopback may take. */
function wayAsk({ask}: GroupPlan, lane: string): Ask | undefined {
  const way = ask.find(({grant}) => grants(grant)) ?? ask[0];
  return way && wayWith(way, lane);
}

function grants(grant: Condition): boolean {
  return "from" in grant ? grant.from.some(holdsLoopback) : "anyone" in grant;
}

function holdsLoopback(network: string): boolean {
  const [address = "", bits] = network.split("/");
  const list = new BlockList();
  list.addSubnet(address, Number(bits), isIPv6(address) ? "ipv6" : "ipv4");
  return list.check("127.0.0.1");
}

function wayWith(way: WayIn, lane: string): Ask {
  if ("host" in way) return {host: way.host.replace("{lane}", lane)};
  if ("cookie" in way) return {headers: {cookie: `${way.cookie}=${lane}`}};
  if ("query" in way) return {path: `/?${way.query}=${lane}`};
  return {headers: {[way.header]: way.header === "baggage" ? `swimlane=${lane}` : lane}};
}

/** A request that the lane's rule matches, where the rule tells one plainly. */
function ruleAsk({rules}: GroupPlan, lane: string): Ask | undefined {
  const rule = rules.find((each) => each.lane === lane);
  const [condition = rule?.when] = rule && "any" in rule.when ? rule.when.any : [];
  if (condition === undefined) return undefined;
  const asks = ("all" in condition ? condition.all : [condition]).map(conditionAsk);
  return asks.every((ask) => ask !== undefined) ? asks.reduce(both, {}) : undefined;
}

function both(a: Ask, b: Ask): Ask {
  const cookies = [a.headers?.["cookie"], b.headers?.["cookie"]].filter((cookie) => cookie !== undefined);
  const cookie = cookies.length === 0 ? {} : {cookie: cookies.join("; ")};
  const path = a.path && b.path ? {path: `${a.path}&${b.path.slice("/?".length)}`} : {};
  return {...a, ...b, ...path, headers: {...a.headers, ...b.headers, ...cookie}};
}

function conditionAsk(condition: Condition): Ask | undefined {
  if ("header" in condition) return valued(condition.header, (value) => ({headers: {[condition.header.name]: value}}));
  if ("cookie" in condition) {
    return valued(condition.cookie, (value) => ({headers: {cookie: `${condition.cookie.name}=${value}`}}));
  }
  if ("query" in condition) return valued(condition.query, (value) => ({path: `/?${condition.query.name}=${value}`}));
  return undefined;
}

function valued(operator: Named, ask: (value: string) => Ask): Ask | undefined {
  if ("exact" in operator) return ask(operator.exact);
  if ("prefix" in operator) return ask(operator.prefix);
  return "in" in operator && operator.in[0] !== undefined ? ask(operator.in[0]) : undefined;
}
