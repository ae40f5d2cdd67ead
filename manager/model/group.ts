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
  port,
  present,
  queryName,
  selector,
  text,
  unique,
} from "./fields.ts";
import {check, has, rule, serverRule} from "./rule.ts";

const hostLabel = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

/** `shop.example.com` or `*.shop.example.com`; no port. */
const host = text(
  new RegExp(`^(\\*\\.)?${hostLabel}(\\.${hostLabel})*$`),
  'a host like shop.example.com or "*.shop.example.com": lower case, no port',
  253,
);

/** A host with `{lane}` exactly once, inside one label: `{lane}.shop.example.com`, `shop-{lane}.example.com`. */
const hostTemplate = text(
  new RegExp(`^(${hostLabel}\\.)*([a-z0-9][-a-z0-9]{0,60})?\\{lane\\}([-a-z0-9]{0,60}[a-z0-9])?(\\.${hostLabel})*$`),
  'a host with {lane} in it exactly once, like "{lane}.shop.example.com"',
  253,
);

const ways = ["host", "header", "cookie", "query"] as const;
const grants = ["from", "anyone"] as const;

/** A way in: where a caller may ask for a lane, and who may. */
export const wayIn = object(
  {
    host: hostTemplate.optional().describe('A host with {lane} in it, like "{lane}.shop.example.com".'),
    header: headerName.optional().describe("A header whose value is the lane."),
    cookie: cookieName.optional().describe("A cookie whose value is the lane."),
    query: queryName.optional().describe("A query parameter whose value is the lane."),
    from: unique(cidr)
      .min(1, "must not be empty: it would let nobody in")
      .optional()
      .describe("Networks of the clients that may ask, like 10.0.0.0/8."),
    anyone: z
      .literal(true, "must be true, or be left out for from: [CIDR]")
      .optional()
      .describe("Every client may choose its lane."),
  },
  laterConditions,
)
  .check(exactlyOne(ways))
  .check(
    rule(
      (way) => present(way, grants).length > 0,
      "must say who may ask: from: [10.0.0.0/8], or, if every client may choose its lane, anyone: true",
      grants.map(has).join(" || "),
    ),
  )
  .check(
    rule(
      (way) => present(way, grants).length < 2,
      "must have from or anyone: true, not both: with anyone: true the networks mean nothing",
      `!(${grants.map(has).join(" && ")})`,
    ),
  );

const trustedSources = ["header", "cookie", "query", "uri", "host", "method"] as const;
const yes = z.literal(true, "must be true").optional();

/** What a lane's `match` may rely on although any client can set it. */
const trusted = object({
  header: headerName.optional().describe("This header."),
  cookie: cookieName.optional().describe("This cookie."),
  query: queryName.optional().describe("This query parameter."),
  uri: yes.describe("The path."),
  host: yes.describe("The host."),
  method: yes.describe("The method."),
}).check(exactlyOne(trustedSources));

const stickySources = ["cookie", "header", "query", "issue"] as const;

/** A sticky key; `issue` is a cookie that the edge issues where it is absent. */
const stickyKey = object({
  cookie: cookieName.optional().describe("The value of this cookie."),
  header: headerName.optional().describe("The value of this header."),
  query: queryName.optional().describe("The value of this query parameter."),
  issue: cookieName
    .optional()
    .describe("The value of this cookie, which the edge issues where it is absent; must be the last."),
}).check(exactlyOne(stickySources));

const issueLast = "issue must be the last: the keys after it would never be read";

const stickyBy = unique(stickyKey, 16)
  .min(1, "must not be empty; left out, the edge issues a cookie swimlane-id")
  .check(
    check(
      (keys, context) => {
        keys.forEach((key, index) => {
          if (key.issue === undefined || index === keys.length - 1) return;
          context.addIssue({code: "custom", path: [index], message: issueLast});
        });
      },
      {
        rules: [
          {
            rule: "self.size() == 0 || self.filter(it, has(it.issue)).size() <= (has(self[self.size() - 1].issue) ? 1 : 0)",
            message: issueLast,
          },
        ],
      },
    ),
  );

const delegateName = name.check(
  rule(
    (value) => !value.startsWith("meshlane-"),
    "must not begin with meshlane-, as names of other objects do that lanes need",
    '!self.startsWith("meshlane-")',
  ),
);

const entryWays = ["hosts", "delegate", "merge"] as const;

const merge = object({
  virtualService: namespacedName.optional().describe("Your VirtualService that the route stands in, NAMESPACE/NAME."),
  httpRoute: namespacedName.optional().describe("Your HTTPRoute that the route stands in, NAMESPACE/NAME."),
  route: z.string().min(1, "must name a route of it").max(253).describe("The route's name."),
}).check(exactlyOne(["virtualService", "httpRoute"]));

/** How lanes on a service that the gateways call themselves come into the gateways' routes. */
const entryRoute = object({
  service: name.describe("A service of the group that the gateways call."),
  port: port.optional().describe("Its port that they call; left out, its only HTTP port."),
  hosts: unique(host)
    .min(1, "must name at least one host")
    .optional()
    .describe("Hosts that are handed over: Meshlane writes their routes on the group's gateways."),
  delegate: delegateName
    .optional()
    .describe("Name of the VirtualService that Meshlane writes and that a VirtualService of yours delegates to."),
  merge: merge.optional().describe("A route of yours that stays; on the gateways, it goes to the lane's workload."),
}).check(exactlyOne(entryWays));

const entry = object({
  gateways: unique(namespacedName).default([]).describe("Gateways where requests enter, NAMESPACE/NAME."),
  services: unique(name).default([]).describe("Services where requests enter that come from outside the mesh."),
  hosts: unique(host)
    .min(1, "must not be empty; left out, the group takes every host that no other has")
    .optional()
    .describe("The group's hosts on its gateways; left out, every host that no other group has."),
  lane: unique(wayIn, 32).default([]).describe("Ways in: where a request may ask for a lane, and who may."),
  trusted: unique(trusted).default([]).describe("What lanes' match may rely on although any client can set it."),
  routes: unique(entryRoute).default([]).describe("Routes of gateways to services that lanes override."),
})
  .check(
    serverRule(
      "must be left out where nothing enters: write gateways: [NAMESPACE/NAME] beside it",
      "self.lane.size() == 0 || self.gateways.size() + self.services.size() > 0",
      ".lane",
    ),
  )
  .check(
    serverRule(
      "must be left out where there is no gateway: they are routes of gateways",
      "self.routes.size() == 0 || self.gateways.size() > 0",
      ".routes",
    ),
  );

const groupSpec = object(
  {
    services: unique(name, 500)
      .min(1, "must not be empty; left out, it means all Services of the namespace")
      .optional()
      .describe("Services that lanes may override; left out, all Services of the namespace."),
    baseline: object({labels: selector.describe("Labels that only the baseline's pods have, like {version: v1}.")})
      .optional()
      .describe("What tells the baseline's pods from those of lanes behind the same Service."),
    entry: entry.prefault({}).describe("Where requests enter, and how they may ask for a lane."),
    stickyBy: stickyBy
      .default([{issue: "swimlane-id"}])
      .describe("What makes a user the same user the next time; the first that is present decides."),
    strict: unique(name, 500)
      .default([])
      .describe("Services that answer 503 where a lane's own workload is away, instead of the baseline."),
    routing: z
      .enum(["auto", "routes", "native"])
      .default("auto")
      .describe("How requests are routed: by VirtualServices, natively in Envoy, or natively where the proxies can."),
    through: unique(name, 256).default([]).describe("Other namespaces that requests pass on their way."),
    allow: unique(name, 256).default([]).describe("Other namespaces that may make lanes in this group."),
  },
  {policy: "is not available yet: leave it out"},
)
  // What these name is looked up, with a suggestion, where the services of the namespace may be known too.
  .check(
    serverRule(
      "must be services of this group",
      "!has(self.services) || self.strict.all(it, it in self.services)",
      ".strict",
    ),
  )
  .check(
    serverRule(
      "must be services of this group",
      "!has(self.services) || self.entry.services.all(it, it in self.services)",
      ".entry.services",
    ),
  )
  .check(
    serverRule(
      "must be for services of this group",
      "!has(self.services) || self.entry.routes.all(it, it.service in self.services)",
      ".entry.routes",
    ),
  );

export const swimLaneGroup = object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal("SwimLaneGroup"),
  metadata,
  spec: groupSpec.prefault({}).describe("What lanes may override and how requests enter."),
  status: z.unknown().optional(),
}).describe("The services that lanes may override, how requests enter, and who may make lanes.");

export type WayIn = z.output<typeof wayIn>;
export type Trusted = z.output<typeof trusted>;
export type EntryRoute = z.output<typeof entryRoute>;
/** A group with its defaults. `entry.hosts` or `services` left out stay undefined: "the rest", "all of the namespace". */
export type SwimLaneGroup = z.output<typeof swimLaneGroup>;
