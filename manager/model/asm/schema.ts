import {z} from "zod";
import {exactlyOne, list, metadata, name, object, port, selector} from "../fields.ts";

/** Version of the objects of Alibaba Cloud Service Mesh (ASM), as its documentation and its Go client have them. */
const asmVersion = "istio.alibabacloud.com/v1";

/** The label of a lane that names its group. */
export const groupLabel = "swimlane-group";

/** What has no counterpart: it is read, and reported by `note.ts`. */
const uncarried = z.unknown().optional();

const clusterService = object({
  name,
  namespace: name,
  cluster: object({name: z.string().optional(), id: z.string().optional(), region: z.string().optional()}).optional(),
  trafficPolicyPatch: uncarried,
  httpRoutePatch: uncarried,
});

const stringMatch = object({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  regex: z.string().optional(),
}).check(exactlyOne(["exact", "prefix", "regex"]));

const requestMatch = object({
  uri: stringMatch.optional(),
  headers: z.record(z.string().toLowerCase(), stringMatch).default({}),
});

const destination = object({host: z.string().optional(), portNum: port.optional()});
const hosts = list(z.string().min(1), 64).default([]);

const ingressRule = object({
  name: z.string().optional(),
  online: z.boolean().default(false),
  hosts,
  match: requestMatch.prefault({}),
  route: object({destination: destination.optional()}).optional(),
});

const ingress = object({
  gateway: object({
    name,
    namespace: name,
    type: z
      .string()
      .refine((type) => type === "ASM", "must be ASM: requests enter at a Gateway, not at a Kubernetes Ingress")
      .default("ASM"),
  }),
  ingressRouting: object({
    // The API writes rule-based, its Go client rule_based.
    ingressRoutingStrategy: z.enum(["rule_based", "rule-based", "weighted"]).default("rule_based"),
    weightedRoutingRule: object({hosts, requestMatches: list(requestMatch, 64).default([])}).optional(),
  }).prefault({}),
});

const permissive = object({
  fallbackTarget: z.string().optional(),
  serviceLevelFallbackTarget: z.record(z.string(), z.string()).default({}),
  traceHeader: z.string().toLowerCase().optional(),
  routeHeader: z.string().toLowerCase().optional(),
});

export const asmGroup = object({
  apiVersion: z.literal(asmVersion),
  kind: z.literal("ASMSwimLaneGroup"),
  metadata,
  spec: object({
    services: list(clusterService, 500).min(1, "must name at least one service"),
    ingress,
    isPermissive: z.boolean().default(false),
    permissiveModeConfiguration: permissive.prefault({}),
    defaultTrafficPolicyPatch: uncarried,
    defaultHttpRoutePatch: uncarried,
    autoUpdate: uncarried,
  }),
  status: uncarried,
});

export const asmLane = object({
  apiVersion: z.literal(asmVersion),
  kind: z.literal("ASMSwimLane"),
  metadata: metadata.extend({
    labels: z.looseObject({[groupLabel]: z.string(`must have the label ${groupLabel}: the lane's group`)}),
  }),
  spec: object({
    labelSelector: selector,
    services: list(clusterService, 500).optional(),
    ingressRules: list(ingressRule, 256).default([]),
    ingressWeight: object({destination: destination.optional(), weight: z.number().min(0).default(0)}).optional(),
  }),
  status: uncarried,
});

export type AsmGroup = z.output<typeof asmGroup>;
export type AsmLane = z.output<typeof asmLane>;
export type ClusterService = z.output<typeof clusterService>;
export type IngressRule = z.output<typeof ingressRule>;
export type RequestMatch = z.output<typeof requestMatch>;
export type StringMatch = z.output<typeof stringMatch>;
