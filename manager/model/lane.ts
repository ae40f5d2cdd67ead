import {z} from "zod";
import {condition} from "./condition.ts";
import {apiVersion, atMostOne, list, metadata, name, object, present, selector, text, unique} from "./fields.ts";
import {check, has, rule} from "./rule.ts";

/** A lane's name: a DNS label other than `baseline`. */
const laneName = name.check(
  rule((value) => value !== "baseline", "must not be baseline: that is what is in no lane", 'self != "baseline"'),
);

const fallbackName = name.check(
  rule(
    (value) => value !== "baseline",
    "must not be baseline: that is always last, so remove it",
    'self != "baseline"',
  ),
);

// The API server takes a quantity as a string or a whole number.
const quantity = z.union(
  [z.string(), z.number().refine(Number.isInteger, "must be in quotes where it has a fraction")],
  "must be a quantity like 100m, 64Mi or 1",
);
const quantities = z.record(z.string(), quantity).optional();
const image = z.string().min(1, "must name an image");

const fork = object({
  image: image.describe("The image that replaces that of the baseline's first container."),
  env: z
    .record(z.string(), z.string("must be a string: put it in quotes"))
    .optional()
    .describe("Environment variables that are set or replaced."),
  command: list(z.string(), 256)
    .min(1, "must not be empty; left out, it is the image's own")
    .optional()
    .describe("The command in place of the image's own."),
  resources: object({
    requests: quantities.describe("What is asked for, like {cpu: 100m}."),
    limits: quantities.describe("What may be used at most, like {memory: 64Mi}."),
  })
    .optional()
    .describe("Resources in place of the baseline's."),
  replicas: z.int().min(1, "must be at least 1").default(1).describe("How many pods."),
});

const workloads = ["image", "fork", "to", "labels"] as const;

const laneService = object({
  name: name.describe("The Service that the lane overrides."),
  image: image.optional().describe("Short for fork: {image}."),
  fork: fork.optional().describe("A copy of the baseline's Deployment with this changed, behind a Service of its own."),
  to: name.optional().describe("Another Service of this namespace that serves the lane."),
  labels: selector.optional().describe("Labels of the pods behind the same Service that serve the lane."),
}).check(atMostOne(workloads));

const units = {m: 60, h: 3600, d: 86400} as const;

/** Seconds of a duration like `90m`, `8h`, `2d`. */
export function durationSeconds(duration: string): number {
  return Number(duration.slice(0, -1)) * units[duration.slice(-1) as keyof typeof units];
}

const duration = text(/^[1-9]\d{0,5}[mhd]$/, "a duration like 90m, 8h or 2d", 7);

const weight = z
  .number()
  .min(0, "must be 0..100 (percent)")
  .max(100, "must be 0..100 (percent)")
  .check(
    rule(
      (value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-7,
      "must have at most two decimals: one of 10,000 buckets is 0.01",
      "self * 100.0 - double(int(self * 100.0 + 0.5)) < 1e-7 && self * 100.0 - double(int(self * 100.0 + 0.5)) > -1e-7",
    ),
  );

const group = text(
  /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  'a group\'s name, or "NAMESPACE/NAME" for one of another namespace',
  127,
);

type WrittenService = z.output<typeof laneService>;

/** A lane overrides a service once. */
const services = list(laneService, 500)
  .min(1, "must name at least one service: a lane overrides something")
  .check(
    check<WrittenService[]>(
      (written, context) => {
        const names = written.map((service) => service.name);
        names.forEach((service, index) => {
          if (names.indexOf(service) === index) return;
          const message = `repeats service "${service}": a lane overrides a service once`;
          context.addIssue({code: "custom", path: [index], message});
        });
      },
      {keywords: {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}},
    ),
  );

const ways = `one of ${workloads.join(", ")}, or spec.labels for all services`;

const later = "is not available yet: leave it out";

const laneSpec = object(
  {
    group: group.optional().describe("The lane's group, NAME or NAMESPACE/NAME; left out, the namespace's only one."),
    owner: z
      .string()
      .min(1, "must not be empty")
      .max(253, "must have at most 253 characters")
      .optional()
      .describe("Whose lane it is; for people to read."),
    ttl: duration.optional().describe("How long the lane lives, like 90m, 8h or 2d; left out, until it is deleted."),
    services: services.describe("What the lane overrides; everything else is the baseline's."),
    labels: selector.optional().describe("Labels of the lane's pods, for each service that says nothing else."),
    match: unique(condition)
      .default([])
      .describe("Rules that let a request in: one item must hold, with all its fields."),
    weight: weight.default(0).describe("Percent of users that the edge assigns to the lane, with two decimals."),
    fallback: unique(fallbackName)
      .default([])
      .describe(
        "All lanes to try, in this order, where this lane has no ready workload; their own fallbacks are not tried. The baseline is always last.",
      ),
    priority: z.int().default(0).describe("Whose match rules are tried first: the higher, then the older."),
    strict: z
      .boolean()
      .default(false)
      .describe("Whether a service of the lane that is away answers 503 instead of the baseline."),
  },
  {mirror: later, release: later, limit: later},
)
  .describe("What the lane overrides, and which requests are its own.")
  .check(
    check(
      (spec, context) => {
        if (spec.labels !== undefined) return;
        spec.services.forEach((service, index) => {
          if (present(service, workloads).length > 0) return;
          const message = `must say what overrides "${service.name}": ${ways}`;
          context.addIssue({code: "custom", path: ["services", index], message});
        });
      },
      {
        rules: [
          {
            rule: `${has("labels")} || self.services.all(it, ${workloads.map((field) => `has(it.${field})`).join(" || ")})`,
            message: `must say what overrides each service: ${ways}`,
          },
        ],
      },
    ),
  );

const itself = "must not be the lane itself: its own workload is tried first anyway, so remove it";

export const swimLane = object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal("SwimLane"),
  metadata: metadata.extend({name: laneName}),
  spec: laneSpec,
  status: z.unknown().optional(),
})
  .check(
    check(
      ({metadata: {name: own}, spec}, context) => {
        const index = spec.fallback.indexOf(own);
        if (index >= 0) context.addIssue({code: "custom", path: ["spec", "fallback", index], message: itself});
      },
      {rules: [{rule: "!(self.metadata.name in self.spec.fallback)", message: itself, fieldPath: ".spec.fallback"}]},
    ),
  )
  .describe("A named set of workloads that override some services of a group.");

/** What the file says, with the defaults that need no other object. */
export type WrittenLane = z.output<typeof swimLane>;
type WrittenSpec = WrittenLane["spec"];

export type Fork = z.output<typeof fork>;

/** A service of a lane with its one workload: `image` has become `fork`, and `spec.labels` stands where nothing else did. */
export type LaneService = {name: string} & (
  | {fork: Fork; to?: never; labels?: never}
  | {to: string; fork?: never; labels?: never}
  | {labels: Record<string, string>; fork?: never; to?: never}
);

/** A lane with its defaults. `group` is the key of its group, `NAMESPACE/NAME`. */
export type SwimLane = Omit<WrittenLane, "spec"> & {
  spec: Omit<WrittenSpec, "group" | "services" | "labels"> & {group: string; services: LaneService[]};
};
