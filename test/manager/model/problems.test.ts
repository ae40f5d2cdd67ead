import {expect, test} from "vitest";
import {formatProblem, loadMesh, problemAt} from "../../../manager/model/index.ts";
import {group, lane, load} from "./texts.ts";

test("all of all files are reported at once, in order of place", () => {
  const first =
    "apiVersion: meshlane.dev/v1alpha1\nkind: SwimLane\nmetadata: {name: ann}\nspec:\n  weight: x\n  ttl: y\n";
  const second = "kind: Nothing\n---\nkind: None\n";
  const {problems} = loadMesh([
    {name: "z.yaml", text: first},
    {name: "a.yaml", text: second},
  ]);
  expect(problems.map(({file, line}) => `${file}:${line}`)).toEqual([
    "z.yaml:4",
    "z.yaml:5",
    "z.yaml:6",
    "a.yaml:1",
    "a.yaml:3",
  ]);
});

test("a line says object, cause, remedy and place", () => {
  const text = [
    JSON.stringify(group()),
    "---",
    "apiVersion: meshlane.dev/v1alpha1",
    "kind: SwimLane",
    "metadata: {name: ann, namespace: shop}",
    "spec:",
    "  services:",
    "    - to: cart--ann",
    "      name: crat",
  ].join("\n");
  const {problems} = loadMesh([{name: "shop.yaml", text}]);
  expect(problems.map(formatProblem)).toEqual([
    'lane ann: service "crat" is not in group shop. Did you mean "cart"?  shop.yaml:9',
  ]);
});

test("later stages place their own on an object's line", () => {
  const text = `\n\n${JSON.stringify(group())}`;
  const {mesh} = loadMesh([{name: "shop.yaml", text}]);
  expect(problemAt(mesh.groups[0]!, ["spec", "routing"], {message: "m"})).toMatchObject({
    file: "shop.yaml",
    line: 3,
    object: "group shop",
  });
  expect(formatProblem(problemAt({kind: "SwimLane", metadata: {name: "x"}}, [], {message: "m"}))).toBe("lane x: m");
});

test("an object that is not valid causes no problems in those that name it", () => {
  const {errors} = load(
    group({routing: "x"}),
    lane({fallback: ["bob"], group: "shop"}),
    lane({weight: -1}, {name: "bob"}),
  );
  expect(errors).toHaveLength(2);
  expect(errors).toEqual([
    expect.stringContaining("group shop: spec.routing"),
    expect.stringContaining("lane bob: spec.weight"),
  ]);
});

test("an unknown field does not also break the rule about its neighbours", () => {
  const {errors} = load(group(), lane({match: [{uri: {exat: "/a"}}]}));
  expect(errors).toEqual(['lane ann: spec.match[0].uri has an unknown field "exat". Did you mean "exact"?']);
});

test("an item of a list has its own lines", () => {
  const text = `${JSON.stringify({kind: "List", items: [group(), lane({weight: -1})]}, null, 1)}\n`;
  const line = text.split("\n").findIndex((each) => each.includes('"weight"')) + 1;
  expect(loadMesh([{name: "a.json", text}]).problems).toEqual([expect.objectContaining({line, path: "spec.weight"})]);
});

test("what a file says cannot steer the terminal on which its problems are shown", () => {
  const message = 'unknown service "\u001B[2Jcart\nmeshlane: all is well\u202E"';
  const line = formatProblem({severity: "error", message, file: "lanes\u0007.yaml", line: 3});
  expect(line).toBe('unknown service " [2Jcart meshlane: all is well "  lanes .yaml:3');
});
