import {inRange} from "./addresses.ts";
import {cookie, host, query, uri, values, type Request} from "./request.ts";

export interface Operator {
  exact?: string;
  prefix?: string;
  suffix?: string;
  contains?: string;
  in?: readonly string[];
  present?: boolean;
}

export type Named = Operator & {name: string};

/** A node of a condition: exactly one of the keys. */
export interface Condition {
  all?: readonly Condition[];
  any?: readonly Condition[];
  not?: Condition;
  anyone?: true;
  uri?: Operator;
  method?: Operator;
  host?: Operator;
  region?: Operator;
  zone?: Operator;
  header?: Named;
  query?: Named;
  cookie?: Named;
  from?: readonly string[];
  time?: {after?: number; before?: number};
}

/** An absent value fails every operator but `present: false`. */
function compare(operator: Operator, value: string | undefined): boolean {
  if (operator.present !== undefined) return operator.present === (value !== undefined);
  if (value === undefined) return false;
  if (operator.exact !== undefined) return value === bytes(operator.exact);
  if (operator.prefix !== undefined) return value.startsWith(bytes(operator.prefix));
  if (operator.suffix !== undefined) return value.endsWith(bytes(operator.suffix));
  if (operator.contains !== undefined) return value.includes(bytes(operator.contains));
  return (operator.in ?? []).some((one) => bytes(one) === value);
}

/** Whether the request meets the condition. */
export function holds(condition: Condition, request: Request): boolean {
  if (condition.all) return condition.all.every((one) => holds(one, request));
  if (condition.any) return condition.any.some((one) => holds(one, request));
  if (condition.not) return !holds(condition.not, request);
  if (condition.anyone) return true;
  if (condition.from) return inAny(condition.from, request.source);
  if (condition.time) return within(condition.time, request.now);
  return holdsByValue(condition, request);
}

function holdsByValue(condition: Condition, request: Request): boolean {
  const {headers} = request;
  if (condition.uri) return compare(condition.uri, uri(headers));
  if (condition.method) return compare(condition.method, values(headers, ":method")[0]);
  if (condition.host) return compare(condition.host, host(headers));
  if (condition.region) return compare(condition.region, request.region);
  if (condition.zone) return compare(condition.zone, request.zone);
  if (condition.header) return compare(condition.header, joined(request, condition.header.name));
  if (condition.query) return compare(condition.query, query(headers, bytes(condition.query.name)));
  if (condition.cookie) return compare(condition.cookie, cookie(headers, bytes(condition.cookie.name)));
  throw new Error(`no condition: ${JSON.stringify(condition)}`);
}

/** A repeated header is compared comma-joined, without a space. */
function joined(request: Request, name: string): string | undefined {
  const found = values(request.headers, name);
  return found.length === 0 ? undefined : found.join(",");
}

function inAny(ranges: readonly string[], source: string | undefined): boolean {
  return source !== undefined && ranges.some((range) => inRange(range, source));
}

function within(time: {after?: number; before?: number}, now: number): boolean {
  return now >= (time.after ?? -Infinity) && now < (time.before ?? Infinity);
}

/** A configured string as the bytes that it is compared by: UTF-8. */
function bytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
