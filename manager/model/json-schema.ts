import {z} from "zod";
import {serverForm, type CelRule} from "./rule.ts";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** JSON schema (draft 7, which editors read) of what may be written in a file. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  return toJsonSchema(schema, (part) => {
    for (const key of Object.keys(part)) if (key.startsWith("x-kubernetes-")) delete part[key];
  });
}

/** The same for the API server, with the rules of the model's checks in CEL. */
export function serverSchema(schema: z.ZodType): JsonSchema {
  return toJsonSchema(schema, (part, rules) => {
    if (rules.length > 0) part["x-kubernetes-validations"] = rules;
  });
}

function toJsonSchema(schema: z.ZodType, finish: (part: JsonSchema, rules: readonly CelRule[]) => void): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
    override: ({jsonSchema: part, zodSchema}) => {
      const {rules = [], keywords = {}} = serverForm(zodSchema._zod.bag);
      Object.assign(part, keywords);
      shorten(part);
      finish(part, rules);
    },
  });
}

/** Zod writes limits of its own into some types; they say nothing to a reader. */
function shorten(part: JsonSchema): void {
  if (part.format === "date-time") delete part.pattern;
  if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum;
  if (part.minimum === Number.MIN_SAFE_INTEGER) delete part.minimum;
}
