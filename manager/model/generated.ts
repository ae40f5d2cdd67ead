import {stringify} from "yaml";
import {crd, type Column} from "./crd.ts";
import {swimLaneGroup} from "./group.ts";
import type {KubernetesObject} from "./kubernetes.ts";
import {jsonSchema} from "./json-schema.ts";
import {swimLane} from "./lane.ts";
import {playgroundSchema} from "./playground.ts";
import {groupStatus, laneStatus} from "./status.ts";

const ready: Column = {
  name: "Ready",
  type: "string",
  jsonPath: '.status.conditions[?(@.type=="Ready")].status',
  description: "Whether it works.",
};
const reason: Column = {
  name: "Reason",
  type: "string",
  jsonPath: '.status.conditions[?(@.type=="Ready")].message',
  description: "Why it is ready or not.",
  priority: 1,
};

const groupColumns: Column[] = [
  {name: "Gateways", type: "string", jsonPath: ".spec.entry.gateways", description: "Where requests enter."},
  {name: "Routing", type: "string", jsonPath: ".spec.routing", description: "How requests are routed."},
  ready,
  {name: "Services", type: "string", jsonPath: ".spec.services", description: "What lanes may override.", priority: 1},
  reason,
];

const laneColumns: Column[] = [
  {name: "Group", type: "string", jsonPath: ".spec.group", description: "The lane's group; empty: the only one."},
  {name: "Owner", type: "string", jsonPath: ".spec.owner", description: "Whose lane it is."},
  {name: "Weight", type: "number", jsonPath: ".spec.weight", description: "Percent of users in the lane."},
  ready,
  {name: "Expires", type: "date", jsonPath: ".status.expiresAt", description: "When the lane ends by itself."},
  {name: "URL", type: "string", jsonPath: ".status.url", description: "Where a browser reaches it.", priority: 1},
  reason,
];

/** The CRDs of this version. A Playground is none. */
export function customResourceDefinitions(): KubernetesObject[] {
  return [
    crd(
      {kind: "SwimLaneGroup", plural: "swimlanegroups", shortNames: ["slg"]},
      swimLaneGroup,
      groupStatus,
      groupColumns,
    ),
    crd({kind: "SwimLane", plural: "swimlanes", shortNames: ["sl", "lane"]}, swimLane, laneStatus, laneColumns),
  ];
}

/** The files below `deploy/` that follow from the model, path -> text, not yet formatted. */
export function generatedFiles(): Record<string, string> {
  const [group, lane] = customResourceDefinitions();
  const schemas = {swimlane: swimLane, swimlanegroup: swimLaneGroup, playground: playgroundSchema};
  // One schema for a file of several kinds, which is all that an editor can be given.
  const any = {
    $schema: "http://json-schema.org/draft-07/schema#",
    anyOf: Object.keys(schemas).map((name) => ({$ref: `${name}.json`})),
  };
  return {
    "deploy/crds/swimlanegroups.yaml": stringify(group, {aliasDuplicateObjects: false}),
    "deploy/crds/swimlanes.yaml": stringify(lane, {aliasDuplicateObjects: false}),
    "deploy/schemas/meshlane.json": JSON.stringify(any),
    ...Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [
        `deploy/schemas/${name}.json`,
        JSON.stringify(jsonSchema(schema)),
      ]),
    ),
  };
}
