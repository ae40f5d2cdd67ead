import {z} from "zod";
import {condition} from "./condition.ts";
import {apiVersion, metadata, name, object, present, selector, text, unique} from "./fields.ts";

/** A lane's name: a DNS label other than `baseline`. */
const laneName = name.refine((value) => value !== "baseline", "must not be baseline: that is what is in no lane");

// The API server takes a quantity as a string or a whole number.
const quantity = z.union(
  [z.string(), z.number().refine(Number.isInteger, "must be in quotes where it has a fraction")],
  "must be a quantity like 100m, 64Mi or 1",
);
const quantities = z.record(z.string(), quantity).optional();

const fork = object({
  image: z.string().min(1, "must name an image"),
  env: z.record(z.string(), z.string("must be a string: put it in quotes")).optional(),
  command: z.array(z.string()).min(1, "must not be empty; left out, it is the image's own").optional(),
  resources: object({requests: quantities, limits: quantities}).optional(),
  replicas: z.int().min(1, "must be at least 1").default(1),
});

const workloads = ["image", "fork", "to", "labels"] as const;

const laneService = object({
  name,
  image: z.string().min(1, "must name an image").optional(),
  fork: fork.optional(),
  to: name.optional(),
  labels: selector.optional(),
}).superRefine((service, context) => {
  const found = present(service, workloads);
  if (found.length < 2) return;
  context.addIssue({
    code: "custom",
    message: `must have one of ${workloads.join(", ")}, not ${found.join(" and ")} together`,
  });
});

const units = {m: 60, h: 3600, d: 86400} as const;

/** Seconds of a duration like `90m`, `8h`, `2d`. */
export function durationSeconds(duration: string): number {
  return Number(duration.slice(0, -1)) * units[duration.slice(-1) as keyof typeof units];
}

const duration = text(/^[1-9]\d{0,5}[mhd]$/, "a duration like 90m, 8h or 2d");

const weight = z
  .number()
  .min(0, "must be 0..100 (percent)")
  .max(100, "must be 0..100 (percent)")
  .refine(
    (value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-7,
    "must have at most two decimals: one of 10,000 buckets is 0.01",
  );

const group = text(
  /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  'a group\'s name, or "NAMESPACE/NAME" for one of another namespace',
);

const later = "is not available yet: leave it out";

export const laneSpec = object(
  {
    group: group.optional(),
    owner: z.string().min(1, "must not be empty").optional(),
    ttl: duration.optional(),
    services: z.array(laneService).min(1, "must name at least one service: a lane overrides something"),
    labels: selector.optional(),
    match: unique(condition).default([]),
    weight: weight.default(0),
    fallback: unique(name)
      .default([])
      .describe(
        "All lanes to try, in this order, where this lane has no ready workload; their own fallbacks are not tried. The baseline is always last.",
      ),
    priority: z.int().default(0),
    strict: z.boolean().default(false),
  },
  {mirror: later, release: later, limit: later},
).superRefine((spec, context) => {
  const seen = new Set<string>();
  spec.services.forEach((service, index) => {
    const refuse = (message: string) => context.addIssue({code: "custom", path: ["services", index], message});
    if (seen.has(service.name)) refuse(`repeats service "${service.name}": a lane overrides a service once`);
    seen.add(service.name);
    if (spec.labels !== undefined || present(service, workloads).length > 0) return;
    refuse(
      `must say what overrides "${service.name}": one of ${workloads.join(", ")}, or spec.labels for all services`,
    );
  });
});

export const swimLane = object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal("SwimLane"),
  metadata: metadata.extend({name: laneName}),
  spec: laneSpec,
  status: z.unknown().optional(),
});

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
