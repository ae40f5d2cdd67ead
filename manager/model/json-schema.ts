import {z} from "zod";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** JSON schema (draft 7, which editors read) of what may be written in a file. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {io: "input", target: "draft-7", override: ({jsonSchema: part}) => shorten(part)});
}

/** Zod writes limits of its own into some types; they say nothing to a reader. */
function shorten(part: JsonSchema): void {
  if (part.format === "date-time") delete part.pattern;
  if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum;
  if (part.minimum === Number.MIN_SAFE_INTEGER) delete part.minimum;
}
