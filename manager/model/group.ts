import {z} from "zod";
import {laterConditions} from "./condition.ts";
import {
  apiVersion,
  cidr,
  cookieName,
  exactlyOne,
  headerName,
  metadata,
  name,
  namespacedName,
  object,
  present,
  queryName,
  selector,
  text,
  unique,
} from "./fields.ts";

const hostLabel = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

/** `shop.example.com` or `*.shop.example.com`; no port. */
const host = text(
  new RegExp(`^(\\*\\.)?${hostLabel}(\\.${hostLabel})*$`),
  'a host like shop.example.com or "*.shop.example.com": lower case, no port',
);

/** A host with `{lane}` exactly once, inside one label: `{lane}.shop.example.com`, `shop-{lane}.example.com`. */
const hostTemplate = z.string().refine((value) => {
  const [before, after, ...rest] = value.split("{lane}");
  const once = after !== undefined && rest.length === 0 && !value.includes("*");
  return once && host.safeParse(`${before}l${after}`).success;
}, 'must be a host with {lane} in it exactly once, like "{lane}.shop.example.com"');

const ways = ["host", "header", "cookie", "query"] as const;

/** A way in: where a caller may ask for a lane, and who may. */
export const wayIn = object(
  {
    host: hostTemplate.optional(),
    header: headerName.optional(),
    cookie: cookieName.optional(),
    query: queryName.optional(),
    from: unique(cidr).min(1, "must not be empty: it would let nobody in").optional(),
    anyone: z.literal(true, "must be true, or be left out for from: [CIDR]").optional(),
  },
  laterConditions,
)
  .superRefine(exactlyOne(ways))
  .superRefine((way, context) => {
    const grants = present(way, ["from", "anyone"]);
    if (grants.length === 1) return;
    const message =
      grants.length === 0
        ? "must say who may ask: from: [10.0.0.0/8], or, if every client may choose its lane, anyone: true"
        : "must have from or anyone: true, not both: with anyone: true the networks mean nothing";
    context.addIssue({code: "custom", message});
  });

const trustedSources = ["header", "cookie", "query", "uri", "host", "method"] as const;
const yes = z.literal(true, "must be true").optional();

/** What a lane's `match` may rely on although any client can set it. */
const trusted = object({
  header: headerName.optional(),
  cookie: cookieName.optional(),
  query: queryName.optional(),
  uri: yes,
  host: yes,
  method: yes,
}).superRefine(exactlyOne(trustedSources));

const stickySources = ["cookie", "header", "query", "issue"] as const;

/** A sticky key; `issue` is a cookie that the edge issues where it is absent. */
const stickyKey = object({
  cookie: cookieName.optional(),
  header: headerName.optional(),
  query: queryName.optional(),
  issue: cookieName.optional(),
}).superRefine(exactlyOne(stickySources));

const stickyBy = unique(stickyKey)
  .min(1, "must not be empty; left out, the edge issues a cookie swimlane-id")
  .superRefine((keys, context) => {
    keys.forEach((key, index) => {
      if (key.issue === undefined || index === keys.length - 1) return;
      const message = "issue must be the last: the keys after it would never be read";
      context.addIssue({code: "custom", path: [index], message});
    });
  });

const entry = object({
  gateways: unique(namespacedName).default([]),
  services: unique(name).default([]),
  hosts: unique(host).min(1, "must not be empty; left out, the group takes every host that no other has").optional(),
  lane: unique(wayIn).default([]),
  trusted: unique(trusted).default([]),
});

export const groupSpec = object(
  {
    services: unique(name).min(1, "must not be empty; left out, it means all Services of the namespace").optional(),
    baseline: object({labels: selector}).optional(),
    entry: entry.prefault({}),
    stickyBy: stickyBy.default([{issue: "swimlane-id"}]),
    strict: unique(name).default([]),
    routing: z.enum(["auto", "routes", "native"]).default("auto"),
    through: unique(name).default([]),
    allow: unique(name).default([]),
  },
  {policy: "is not available yet: leave it out"},
);

export const swimLaneGroup = object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal("SwimLaneGroup"),
  metadata,
  spec: groupSpec.prefault({}),
  status: z.unknown().optional(),
});

export type WayIn = z.output<typeof wayIn>;
export type Trusted = z.output<typeof trusted>;
/** A group with its defaults. `entry.hosts` or `services` left out stay undefined: "the rest", "all of the namespace". */
export type SwimLaneGroup = z.output<typeof swimLaneGroup>;
