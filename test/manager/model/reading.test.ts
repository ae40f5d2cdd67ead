import fc from "fast-check";
import {expect, test} from "vitest";
import {loadMesh} from "../../../manager/model/index.ts";
import {group, lane, load, playground} from "./texts.ts";

test("what kubectl prints is accepted: a list, with the fields that the server sets", () => {
  const stored = lane({}, {creationTimestamp: "2026-01-01T00:00:00Z"}) as {metadata: object};
  Object.assign(stored.metadata, {
    uid: "u",
    resourceVersion: "7",
    generation: 2,
    managedFields: [{manager: "kubectl"}],
  });
  const {errors, warnings} = load(group(), {...stored, status: {conditions: [{type: "Accepted"}]}});
  expect([...errors, ...warnings]).toEqual([]);
});

test("JSON indented by tabs is read", () => {
  const text = JSON.stringify(group(), null, "\t");
  expect(loadMesh([{name: "a.json", text}])).toMatchObject({problems: [], mesh: {groups: [{}]}});
});

test("YAML anchors and merge keys are read, and what is wrong in one has its line", () => {
  const text = `
apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: ann, namespace: shop}
spec:
  group: shop
  services:
    - &cart {name: cart, to: cart--ann}
    - <<: *cart
      name: NAME
`;
  const read = (name: string) =>
    loadMesh([
      {name: "group.json", text: JSON.stringify(group())},
      {name: "a.yaml", text: text.replace("NAME", name)},
    ]);
  const {mesh, problems} = read("payment");
  expect(problems).toEqual([]);
  expect(mesh.lanes[0]?.spec.services).toMatchObject([
    {name: "cart", to: "cart--ann"},
    {name: "payment", to: "cart--ann"},
  ]);
  expect(read("7").problems).toContainEqual(expect.objectContaining({file: "a.yaml", line: 10}));
});

test("an alias bomb is refused", () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (const letter of "bcdefgh")
    bomb.push(
      `${letter}: &${letter} [${"*a, ".repeat(9).replaceAll("a", String.fromCharCode(letter.charCodeAt(0) - 1))}]`,
    );
  const {problems} = loadMesh([{name: "bomb.yaml", text: bomb.join("\n")}]);
  expect(problems.map(({message}) => message)).toEqual([expect.stringContaining("cannot be read")]);
});

test("a syntax error has its line", () => {
  const {problems} = loadMesh([{name: "a.yaml", text: "kind: SwimLane\nspec:\n  services: [cart\n"}]);
  expect(problems).toEqual([expect.objectContaining({severity: "error", file: "a.yaml", line: 4})]);
});

test("objects of others are skipped with a warning", () => {
  const {errors, warnings} = load({apiVersion: "v1", kind: "Service", metadata: {name: "cart"}});
  expect(errors).toEqual([]);
  expect(warnings).toEqual(["warning: Service is not an object of meshlane.dev: skipped"]);
});

test("nothing at all is an empty mesh", () => {
  for (const text of ["", "---\n---\n", "# only a comment\n"]) {
    expect(loadMesh([{name: "a", text}])).toEqual({mesh: {groups: [], lanes: []}, others: [], problems: []});
  }
});

const words = fc.constantFrom(
  "apiVersion: meshlane.dev/v1alpha1\n",
  "kind: SwimLane\n",
  "kind: SwimLaneGroup\n",
  "kind: Playground\n",
  "kind: List\nitems:\n",
  "metadata: ",
  "spec: ",
  "services: ",
  "name: ",
  "- ",
  "  ",
  "\n",
  "{",
  "}",
  "[",
  "]",
  ": ",
  ",",
  "&a ",
  "*a",
  "<<: ",
  "!!binary ",
  "? ",
  "|\n",
  "--- ",
  "__proto__: ",
  "constructor: ",
  "match: ",
  "fallback: ",
  "null",
);
const texts = fc.array(fc.oneof(words, fc.string({maxLength: 5})), {maxLength: 40}).map((parts) => parts.join(""));

test("no text makes it throw", () => {
  fc.assert(
    fc.property(fc.array(texts, {maxLength: 3}), (all) => {
      const {problems} = loadMesh(all.map((text, index) => ({name: `${index}.yaml`, text})));
      for (const {line} of problems) expect(line).toBeGreaterThan(0);
    }),
    {numRuns: 500},
  );
});

test("no value of any field makes it throw", () => {
  const field = fc.constantFrom(
    "services",
    "match",
    "weight",
    "entry",
    "labels",
    "fallback",
    "stickyBy",
    "calls",
    "workloads",
    "baseline",
    "name",
  );
  const {value} = fc.letrec((tie) => ({
    value: fc.oneof(
      {maxDepth: 4},
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie("value"), {maxLength: 3}),
      fc.dictionary(fc.oneof(field, fc.string({maxLength: 6})), tie("value"), {maxKeys: 4}),
    ),
  }));
  fc.assert(
    fc.property(fc.constantFrom(group, lane, playground), value, (object, spec) => {
      expect(load(object(spec as object)).mesh).toBeDefined();
    }),
    {numRuns: 500},
  );
});

test("nesting without end is a problem, not a crash", () => {
  for (const text of ["[".repeat(100_000), "- ".repeat(100_000), `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`]) {
    expect(loadMesh([{name: "deep.yaml", text}]).problems.length).toBeGreaterThan(0);
  }
});
