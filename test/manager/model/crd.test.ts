import {expect, test} from "vitest";
import {parse} from "yaml";
import {z} from "zod";
import {crd} from "../../../manager/model/crd.ts";
import {exactlyOne, list, object, size, text, unique} from "../../../manager/model/fields.ts";
import {generatedFiles} from "../../../manager/model/generated.ts";
import {rule} from "../../../manager/model/rule.ts";
import {groupStatus} from "../../../manager/model/status.ts";

interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  "x-kubernetes-validations"?: {rule: string; message: string}[];
  [keyword: string]: unknown;
}

interface Crd {
  spec: {versions: {schema: {openAPIV3Schema: Schema}}[]};
}

function schemaOf(definition: unknown): Schema {
  return (definition as Crd).spec.versions[0]!.schema.openAPIV3Schema;
}

/** The schema of `spec.field` where the model says `field` of a spec. */
function specField(field: z.ZodType): Schema {
  const whole = object({metadata: object({name: z.string()}), spec: object({field})});
  const names = {kind: "Thing", plural: "things", shortNames: []};
  return schemaOf(crd(names, whole, z.object({}), [])).properties!["spec"]!.properties!["field"]!;
}

function fields(schema: Schema, path: string): [path: string, schema: Schema][] {
  const own = Object.entries(schema.properties ?? {}).map(([name, part]) => [`${path}.${name}`, part] as const);
  const inner = [schema.items, schema.additionalProperties].filter((part) => part !== undefined);
  return [
    ...own.flatMap(([at, part]) => [[at, part] as [string, Schema], ...fields(part, at)]),
    ...inner.flatMap((part) => fields(part, `${path}[]`)),
  ];
}

const crds = Object.entries(generatedFiles())
  .filter(([path]) => path.startsWith("deploy/crds/"))
  .map(([path, file]) => [path, schemaOf(parse(file))] as const);

test.each(crds)("kubectl explain has a line on every field: %s", (_path, schema) => {
  const {spec, status} = schema.properties!;
  const all = [...fields(spec!, "spec"), ...fields(status!, "status")];
  expect(all.length).toBeGreaterThan(20);
  const without = all.filter(([, {description = ""}]) => !/^[^\n]+[.]$/.test(description));
  expect(without.map(([path]) => path)).toEqual([]);
});

test.each(crds)(
  "every rule and every list has an end: the server must be able to say what it costs: %s",
  (_path, schema) => {
    const judged = fields(schema.properties!["spec"]!, "spec");
    const endless = judged.filter(([, {type, maxItems}]) => type === "array" && maxItems === undefined);
    expect(endless.map(([path]) => path)).toEqual([]);
    const texts = judged.filter((entry) => entry[1].type === "string" && entry[1]["x-kubernetes-validations"]);
    expect(texts.filter(([, {maxLength}]) => maxLength === undefined).map(([path]) => path)).toEqual([]);
  },
);

test("a text's form becomes a rule with the model's words", () => {
  const field = specField(text(/^a{1,3}$/, "some a", 3));
  expect(field).toEqual({
    type: "string",
    maxLength: 3,
    "x-kubernetes-validations": [{rule: 'self.matches(r"^a{1,3}$")', message: "must be some a"}],
  });
});

test("rules of wrapped and described fields are kept, each once", () => {
  const small = z.number().check(rule((value) => value < 5, "must be small", "self < 5.0"));
  const both = small.check(rule((value) => value > 1, "must be large", "self > 1.0"));
  const rules = specField(both.optional().describe("A number."))["x-kubernetes-validations"];
  expect(rules?.map(({message}) => message)).toEqual(["must be small", "must be large"]);
});

test("a word of CEL is escaped where it is a field", () => {
  const field = specField(
    object({in: z.string().optional(), at: z.string().optional()}).check(exactlyOne(["in", "at"])),
  );
  expect(field["x-kubernetes-validations"]).toEqual([
    {rule: "[has(self.__in__), has(self.at)].filter(it, it).size() == 1", message: "must have exactly one of in, at"},
  ]);
});

test("rules of a map's names are rules of the map", () => {
  const name = text(/^x$/, "x", 1);
  const field = specField(z.record(name, z.string()).check(size(1, 4, "must have one")));
  expect(field).toMatchObject({maxProperties: 4, additionalProperties: {type: "string"}});
  expect(field["x-kubernetes-validations"]).toEqual([
    {rule: 'self.all(key, key.matches(r"^x$"))', message: "each name must be x"},
    {rule: "self.size() >= 1", message: "must have one"},
  ]);
});

test("a list without repeats is a set; one of objects is atomic, as server-side apply takes no set of them", () => {
  expect(specField(unique(z.string(), 9))).toMatchObject({maxItems: 9, "x-kubernetes-list-type": "set"});
  const objects = specField(unique(object({a: z.string()})));
  expect(objects).toMatchObject({"x-kubernetes-list-type": "atomic", items: {type: "object"}});
  expect(specField(list(z.string(), 9))).not.toHaveProperty("x-kubernetes-list-type");
});

test("a default has the defaults of its fields: the server tries the rules before it fills them in", () => {
  const inner = object({list: z.array(z.string()).default([])}).prefault({});
  expect(specField(object({inner, given: z.int().default(1)}).prefault({given: 2})).default).toEqual({
    inner: {list: []},
    given: 2,
  });
});

test("who owns which bucket fits into a group's status", () => {
  const buckets = {
    next: [
      [0, 500],
      [700, 1],
    ],
  };
  expect(groupStatus.parse({observedGeneration: 1, buckets})).toEqual({observedGeneration: 1, buckets});
  const schema = crds.find(([path]) => path.includes("groups"))![1].properties!["status"]!.properties!["buckets"]!;
  expect(schema.additionalProperties).toEqual({
    type: "array",
    items: {type: "array", items: {type: "integer"}, minItems: 2, maxItems: 2},
  });
});
