import {z} from "zod";

/** What the controller says of an object. Written by us alone, so it has no rules, only a form. */
const condition = z
  .object({
    type: z.string().describe("What is judged, like Accepted or Ready."),
    status: z.enum(["True", "False", "Unknown"]).describe("Whether it is so."),
    reason: z.string().describe("Why, in one CamelCase word for machines."),
    message: z.string().describe("Why, for people: place, cause, remedy."),
    lastTransitionTime: z.iso.datetime().describe("Since when the status is what it is."),
    observedGeneration: z.int().optional().describe("The generation of the spec that was judged."),
  })
  .describe("One judgement.");

const conditions = z
  .array(condition)
  .meta({"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]})
  .describe("What is so of the object, one entry a type.");

const observedGeneration = z.int().describe("The generation of the spec that this status is about.");

const laneService = z.object({
  name: z.string().describe("The service that the lane overrides."),
  destination: z.string().describe("The Service that serves the lane, or labels of pods like cart{version=v2}."),
  ready: z.boolean().describe("Whether a pod of it is ready; where not, the next of the lane's fallbacks answers."),
  message: z.string().optional().describe("Why it is not ready, like 0 of 1 pods ready (ImagePullBackOff)."),
});

export const laneStatus = z
  .object({
    observedGeneration: observedGeneration.optional(),
    conditions: conditions.optional(),
    services: z
      .array(laneService)
      .meta({"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]})
      .optional()
      .describe("The overridden services and who serves them."),
    url: z.string().optional().describe("Where a browser reaches the lane."),
    weight: z.number().optional().describe("Percent of users that the edge assigns to the lane now."),
    expiresAt: z.iso.datetime().optional().describe("When the lane ends by itself."),
  })
  .describe("What the controller says of the lane.");

/** `[FIRST, COUNT]` of the 10,000 buckets. */
const run = z.array(z.int()).length(2);

export const groupStatus = z
  .object({
    observedGeneration: observedGeneration.optional(),
    conditions: conditions.optional(),
    buckets: z
      .record(z.string(), z.array(run))
      .optional()
      .describe("Which of the 10,000 buckets of users each weighted lane owns: runs of [first, count]."),
  })
  .describe("What the controller says of the group.");

export type GroupStatus = z.output<typeof groupStatus>;
