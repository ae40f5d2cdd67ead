import {z} from "zod";
import {address, apiVersion, headerName, labels, metadata, name, object, port, unique} from "./fields.ts";

/** The trace headers that the filter can remember (docs/filter-configuration.md). */
export const traceIds = [
  "traceparent",
  "b3",
  "x-b3-traceid",
  "x-request-id",
  "sw8",
  "uber-trace-id",
  "x-datadog-trace-id",
  "x-amzn-trace-id",
  "x-cloud-trace-context",
] as const;

const call = z.union(
  [name, object({service: name, port: port.optional()})],
  "must be a service's name or {service, port}",
);

/** The edge's proxy has this name. */
const workloadName = name.refine((value) => value !== "edge", "must not be edge: that is the proxy in front");

const protocol = z.enum(["http1", "http2"]);

const workload = object(
  {
    name: workloadName,
    labels: labels.optional(),
    address: address.optional(),
    protocol: protocol
      .optional()
      .describe("What the process at the address speaks alone; left out, it is spoken to as its caller speaks."),
  },
  {lane: "is not for a workload to say: lanes name it, by its labels or by its service (to)"},
).superRefine((written, context) => {
  if (written.protocol === undefined || written.address !== undefined) return;
  const message =
    "is only for a process at an address: write its address, or remove it, as the echo program speaks both";
  context.addIssue({code: "custom", path: ["protocol"], message});
});

const service = object({
  name,
  calls: z.array(call).default([]),
  forwards: unique(headerName).default([]),
  workloads: z.array(workload).min(1, "must not be empty; left out, there is one with the service's name").optional(),
  labels: labels.optional(),
});

const playgroundSpec = object({
  plainText: z.enum(["refuse", "accept"]).default("refuse"),
  traceIds: unique(z.enum(traceIds)).default([...traceIds]),
  services: z.array(service).min(1, "must name at least one service"),
  external: z.array(object({name, address})).default([]),
  edge: object({port: port.optional(), region: z.string().optional(), zone: z.string().optional()}).prefault({}),
  entry: name.optional(),
});

export const playgroundSchema = object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal("Playground"),
  metadata,
  spec: playgroundSpec,
  status: z.unknown().optional(),
});

export type WrittenPlayground = z.output<typeof playgroundSchema>;
type WrittenSpec = WrittenPlayground["spec"];

/** What an application speaks. */
export type Protocol = z.output<typeof protocol>;

/**
 * A program that stands behind a service; `address` is a process that the user runs, else the built-in echo program.
 * `protocol`: what that process speaks alone.
 */
export type Workload = {name: string; labels: Record<string, string>; address?: string; protocol?: Protocol};

/** `port`: a fixed outbound port for this callee, for a process that cannot read it from its environment. */
export type Call = {service: string; port?: number};

export type PlaygroundService = {name: string; calls: Call[]; forwards: string[]; workloads: Workload[]};

/** A playground with its defaults; a service's own labels have become those of its workloads. */
export type Playground = Omit<WrittenPlayground, "spec"> & {
  spec: Omit<WrittenSpec, "services" | "entry"> & {services: PlaygroundService[]; entry: string};
};
