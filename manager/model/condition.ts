import {z} from "zod";
import {cidr, cookieName, exactlyOne, headerName, object, queryName, time, unique} from "./fields.ts";

const operators = ["exact", "prefix", "suffix", "contains", "in", "present"] as const;
const part = z.string().min(1, "must not be empty: it would match everything");

/** How one value is compared; exactly one field. Values compare by byte. */
export const operator = object(
  {
    exact: z.string().optional(),
    prefix: part.optional(),
    suffix: part.optional(),
    contains: part.optional(),
    in: unique(z.string()).min(1, "must not be empty: it would match nothing").optional(),
    present: z.boolean().optional(),
  },
  {regex: "is not available: its cost is unbounded. Write exact, prefix, suffix, contains or in: [a, b] instead"},
).superRefine(exactlyOne(operators));

/** Words of later versions, wherever a condition can stand. */
export const laterConditions = {
  claims: "is not available yet: this version reads no JWT. Use from: [CIDR], or a header, cookie or query parameter",
  when: "is not available yet (CEL). Use the fields of match: uri, method, host, headers, queryParams, cookies, from, region, zone, time",
};

const span = object({after: time.optional(), before: time.optional()}).superRefine((value, context) => {
  const {after, before} = value;
  if (after === undefined && before === undefined) {
    context.addIssue({code: "custom", message: "must have after, before or both"});
  }
  if (after !== undefined && before !== undefined && Date.parse(after) >= Date.parse(before)) {
    context.addIssue({code: "custom", message: "is never true: after must be earlier than before"});
  }
});

/** The edge takes the context away before any rule is tried. */
const matchableHeader = headerName.refine(
  (value) => !/^x-swimlane(-asked|$)/.test(value),
  "must not be the context: to let requests ask for a lane, write entry: {lane: [{header: x-swimlane, from: [CIDR]}]} in the group",
);

function byName(key: z.ZodString) {
  return z.record(key, operator).refine((map) => Object.keys(map).length > 0, "must have at least one name");
}

/** One item of `match`; its fields AND. `after` is inclusive, `before` exclusive. */
export const condition = object(
  {
    uri: operator.optional(),
    method: operator.optional(),
    host: operator.optional(),
    headers: byName(matchableHeader).optional(),
    queryParams: byName(queryName).optional(),
    cookies: byName(cookieName).optional(),
    from: unique(cidr).min(1, "must not be empty: it would match nobody").optional(),
    region: operator.optional(),
    zone: operator.optional(),
    time: span.optional(),
  },
  laterConditions,
).refine(
  (item) => Object.values(item).some((field) => field !== undefined),
  "must have a field: an empty item would match every request. For everybody write weight: 100 beside match",
);

export type Operator = z.output<typeof operator>;
export type Condition = z.output<typeof condition>;
