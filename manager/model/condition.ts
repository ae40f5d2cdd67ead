import {z} from "zod";
import {cidr, cookieName, exactlyOne, headerName, object, queryName, size, time, unique} from "./fields.ts";
import {has, rule} from "./rule.ts";

const operators = ["exact", "prefix", "suffix", "contains", "in", "present"] as const;
const part = z.string().min(1, "must not be empty: it would match everything");

/** How one value is compared; exactly one field. Values compare by byte. */
export const operator = object(
  {
    exact: z.string().optional().describe("The whole value."),
    prefix: part.optional().describe("What the value begins with."),
    suffix: part.optional().describe("What the value ends with."),
    contains: part.optional().describe("What stands somewhere in the value."),
    in: unique(z.string(), 256)
      .min(1, "must not be empty: it would match nothing")
      .optional()
      .describe("The whole value is one of these."),
    present: z.boolean().optional().describe("Whether there is such a value at all."),
  },
  {regex: "is not available: its cost is unbounded. Write exact, prefix, suffix, contains or in: [a, b] instead"},
).check(exactlyOne(operators));

/** Words of later versions, wherever a condition can stand. */
export const laterConditions = {
  claims: "is not available yet: this version reads no JWT. Use from: [CIDR], or a header, cookie or query parameter",
  when: "is not available yet (CEL). Use the fields of match: uri, method, host, headers, queryParams, cookies, from, region, zone, time",
};

const span = object({
  after: time.optional().describe("From then on; RFC 3339, like 2026-01-31T08:00:00Z."),
  before: time.optional().describe("Until just before then; RFC 3339, like 2026-01-31T08:00:00Z."),
})
  .check(
    rule(
      ({after, before}) => after !== undefined || before !== undefined,
      "must have after, before or both",
      `${has("after")} || ${has("before")}`,
    ),
  )
  .check(
    rule(
      ({after, before}) => after === undefined || before === undefined || Date.parse(after) < Date.parse(before),
      "is never true: after must be earlier than before",
      `!${has("after")} || !${has("before")} || self.after < self.before`,
    ),
  );

/** The edge takes the context away before any rule is tried. */
const matchableHeader = headerName.check(
  rule(
    (value) => !/^x-swimlane(-asked|$)/.test(value),
    "must not be the context: to let requests ask for a lane, write entry: {lane: [{header: x-swimlane, from: [CIDR]}]} in the group",
    'self != "x-swimlane" && !self.startsWith("x-swimlane-asked")',
  ),
);

function byName(key: z.ZodString) {
  return z.record(key, operator).check(size(1, 16, "must have at least one name"));
}

const fields = {
  uri: operator.optional().describe("The path, without what follows ? or #."),
  method: operator.optional().describe("The HTTP method, in upper case."),
  host: operator.optional().describe("The host that the client asked for, in lower case, without port."),
  headers: byName(matchableHeader).optional().describe("Headers by their names in lower case; all must match."),
  queryParams: byName(queryName)
    .optional()
    .describe("Query parameters by name, as they stand in the URI; all must match."),
  cookies: byName(cookieName).optional().describe("Cookies by name; all must match."),
  from: unique(cidr)
    .min(1, "must not be empty: it would match nobody")
    .optional()
    .describe("Networks that the client's address, as Envoy trusts it, is in, like 10.0.0.0/8."),
  region: operator.optional().describe("The region of the proxy that decides."),
  zone: operator.optional().describe("The zone of the proxy that decides."),
  time: span.optional().describe("When the rule holds."),
};

/** One item of `match`; its fields AND. `after` is inclusive, `before` exclusive. */
export const condition = object(fields, laterConditions).check(
  rule(
    (item) => Object.values(item).some((field) => field !== undefined),
    "must have a field: an empty item would match every request. For everybody write weight: 100 beside match",
    Object.keys(fields).map(has).join(" || "),
  ),
);

export type Operator = z.output<typeof operator>;
export type Condition = z.output<typeof condition>;
