import type {z} from "zod";
import {jsonSchema, type JsonSchema} from "./json-schema.ts";

interface Column {
  name: string;
  type: "string" | "number" | "integer" | "date";
  jsonPath: string;
}

export interface CrdNames {
  kind: string;
  plural: string;
  shortNames: string[];
}

/** A CustomResourceDefinition whose schema is the structural form of `spec`'s JSON schema. */
export function crd({kind, plural, shortNames}: CrdNames, spec: z.ZodType, columns: Column[]): object {
  const age: Column = {name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp"};
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {name: `${plural}.meshlane.dev`},
    spec: {
      group: "meshlane.dev",
      scope: "Namespaced",
      names: {
        kind,
        plural,
        singular: kind.toLowerCase(),
        listKind: `${kind}List`,
        shortNames,
        categories: ["meshlane"],
      },
      versions: [
        {
          name: "v1alpha1",
          served: true,
          storage: true,
          subresources: {status: {}},
          additionalPrinterColumns: [...columns, age],
          schema: {openAPIV3Schema: openApi(spec)},
        },
      ],
    },
  };
}

function openApi(spec: z.ZodType): object {
  const schema = jsonSchema(spec);
  const optional = spec.safeParse(undefined).success;
  return {
    type: "object",
    ...(optional ? {} : {required: ["spec"]}),
    properties: {
      apiVersion: {type: "string"},
      kind: {type: "string"},
      metadata: {type: "object"},
      spec: structural(schema),
      status: {type: "object", "x-kubernetes-preserve-unknown-fields": true},
    },
  };
}

/** What the API server takes of JSON schema: no `const`, `propertyNames`, lists of types or closed objects. */
function structural(schema: JsonSchema): object {
  const {$schema: _dialect, propertyNames: _names, const: only, type, properties, items, ...rest} = schema;
  const {additionalProperties: values, ...kept} = rest;
  return {
    ...kept,
    ...(only === undefined ? {} : {enum: [only]}),
    ...(Array.isArray(type) ? {"x-kubernetes-int-or-string": true} : type === undefined ? {} : {type}),
    ...(isSchema(values) ? {additionalProperties: structural(values)} : {}),
    ...(isSchema(items) ? {items: structural(items)} : {}),
    ...(properties === undefined ? {} : {properties: mapValues(properties)}),
  };
}

function mapValues(properties: Record<string, unknown>): Record<string, object> {
  return Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, structural(part as JsonSchema)]));
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
