import type {z} from "zod";
import type {KubernetesObject} from "./kubernetes.ts";
import {serverSchema, type JsonSchema} from "./json-schema.ts";
import type {CelRule} from "./rule.ts";

export interface Column {
  name: string;
  type: "string" | "number" | "integer" | "date";
  jsonPath: string;
  description: string;
  /** 1: only in `kubectl get -o wide`. */
  priority?: 1;
}

export interface CrdNames {
  kind: string;
  plural: string;
  shortNames: string[];
}

/** A CustomResourceDefinition whose schema is the structural form of `object`'s JSON schema, with that of `status`. */
export function crd(
  {kind, plural, shortNames}: CrdNames,
  object: z.ZodType,
  status: z.ZodType,
  columns: Column[],
): KubernetesObject {
  const age: Column = {
    name: "Age",
    type: "date",
    jsonPath: ".metadata.creationTimestamp",
    description: "Since when it is there.",
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {name: `${plural}.meshlane.dev`, labels: {"app.kubernetes.io/managed-by": "meshlane"}},
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
          schema: {openAPIV3Schema: openApi(serverSchema(object), serverSchema(status))},
        },
      ],
    },
  };
}

type Properties = Record<string, JsonSchema>;

/** The API server knows what apiVersion, kind and metadata are; of metadata it takes rules about the name alone. */
function openApi({properties, required, ...object}: JsonSchema, status: JsonSchema): object {
  const {metadata, spec} = properties as Properties;
  const {name} = metadata!.properties as Properties;
  const {"x-kubernetes-validations": rules = [], ...root} = structural(object) as Validated;
  return {
    ...root,
    ...(required?.includes("spec") ? {required: ["spec"]} : {}),
    properties: {
      apiVersion: {type: "string"},
      kind: {type: "string"},
      metadata: {type: "object"},
      spec: structural(spec!),
      status: structural(status),
    },
    "x-kubernetes-validations": [...rulesOf(name!).map(ofName), ...rules],
  };
}

interface Validated {
  "x-kubernetes-validations"?: CelRule[];
}

function rulesOf(schema: JsonSchema): CelRule[] {
  return (schema as Validated)["x-kubernetes-validations"] ?? [];
}

function ofName({rule, message}: CelRule): CelRule {
  return {rule: renamed(rule, "self.metadata.name"), message: `metadata.name ${message}`};
}

function ofKeys({rule, message}: CelRule): CelRule {
  return {rule: `self.all(key, ${renamed(rule, "key")})`, message: `each name ${message}`};
}

function renamed(rule: string, self: string): string {
  return rule.replace(/\bself\b/g, self);
}

/**
 * What the API server takes of JSON schema: no `const`, `propertyNames`, lists of types or closed objects. A `pattern` is
 * left out: there is a rule beside it, which says in words what must be.
 */
function structural(schema: JsonSchema): object {
  const {$schema: _dialect, pattern: _words, propertyNames: names, const: only, ...typed} = schema;
  const {type, properties, items, additionalProperties: values, default: fallback, ...kept} = typed;
  const parts = mapValues(properties ?? {});
  const rules = [...(isSchema(names) ? rulesOf(names).map(ofKeys) : []), ...rulesOf(schema)];
  return {
    ...kept,
    ...wholeList(schema),
    ...(only === undefined ? {} : {enum: [only]}),
    ...(Array.isArray(type) ? {"x-kubernetes-int-or-string": true} : type === undefined ? {} : {type}),
    ...(isSchema(values) ? {additionalProperties: structural(values)} : {}),
    ...(isSchema(items) ? {items: structural(items)} : {}),
    ...(properties === undefined ? {} : {properties: parts}),
    ...(fallback === undefined ? {} : {default: isSchema(fallback) ? filled(fallback, parts) : fallback}),
    ...(rules.length === 0 ? {} : {"x-kubernetes-validations": rules}),
  };
}

/** Server-side apply refuses sets of objects, so such a list has one owner; what repeats is found by our own check. */
function wholeList({items, "x-kubernetes-list-type": listType}: JsonSchema): object {
  const isSetOfObjects = isSchema(items) && items.type === "object" && listType === "set";
  return isSetOfObjects ? {"x-kubernetes-list-type": "atomic"} : {};
}

/** A default with the defaults of its own fields: the rules are tried on it before those are filled in. */
function filled(value: object, parts: Record<string, {default?: unknown}>): object {
  const inner = Object.entries(parts).flatMap(([name, part]) =>
    part.default === undefined ? [] : [[name, part.default] as const],
  );
  return {...Object.fromEntries(inner), ...value};
}

function mapValues(properties: Record<string, unknown>): Record<string, {default?: unknown}> {
  return Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, structural(part as JsonSchema)]));
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
