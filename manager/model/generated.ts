import {stringify} from "yaml";
import {crd} from "./crd.ts";
import {groupSpec, swimLaneGroup} from "./group.ts";
import {jsonSchema} from "./json-schema.ts";
import {laneSpec, swimLane} from "./lane.ts";
import {playgroundSchema} from "./playground.ts";

/** The files below `deploy/` that follow from the model, path -> text, not yet formatted. A Playground is no CRD. */
export function generatedFiles(): Record<string, string> {
  const group = crd({kind: "SwimLaneGroup", plural: "swimlanegroups", shortNames: ["slg"]}, groupSpec.prefault({}), [
    {name: "Gateways", type: "string", jsonPath: ".spec.entry.gateways"},
    {name: "Routing", type: "string", jsonPath: ".spec.routing"},
  ]);
  const lane = crd({kind: "SwimLane", plural: "swimlanes", shortNames: ["sl", "lane"]}, laneSpec, [
    {name: "Group", type: "string", jsonPath: ".spec.group"},
    {name: "Services", type: "string", jsonPath: ".spec.services[*].name"},
    {name: "Weight", type: "number", jsonPath: ".spec.weight"},
    {name: "Owner", type: "string", jsonPath: ".spec.owner"},
  ]);
  const schemas = {swimlane: swimLane, swimlanegroup: swimLaneGroup, playground: playgroundSchema};
  // One schema for a file of several kinds, which is all that an editor can be given.
  const any = {
    $schema: "http://json-schema.org/draft-07/schema#",
    anyOf: Object.keys(schemas).map((name) => ({$ref: `${name}.json`})),
  };
  return {
    "deploy/crds/swimlanegroups.yaml": stringify(group),
    "deploy/crds/swimlanes.yaml": stringify(lane),
    "deploy/schemas/meshlane.json": JSON.stringify(any),
    ...Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [
        `deploy/schemas/${name}.json`,
        JSON.stringify(jsonSchema(schema)),
      ]),
    ),
  };
}
