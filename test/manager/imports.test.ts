import {readdirSync, readFileSync} from "node:fs";
import {dirname, join, normalize, relative} from "node:path";
import {expect, test} from "vitest";

const TOP = join(import.meta.dirname, "..", "..");

/** Source files by their path from the top folder. */
type Sources = Record<string, string>;

/** What the manager's folder has, from the outside in; of those in one row, none may know another. */
const ROWS = [
  ["cli"],
  ["controller", "playground"],
  ["release"],
  ["render", "cluster", "image"],
  ["compile"],
  ["model"],
  ["package-root.ts"],
];

function importsOf(source: string): string[] {
  const specifiers = source.matchAll(
    /(?:^|[;\n])\s*(?:import|export)\b[^;"']*?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g,
  );
  return [...specifiers].map((match) => (match[1] ?? match[2])!);
}

/** Relative imports as [importing file, imported path from the top folder]. */
function edges(sources: Sources): [from: string, to: string][] {
  return Object.entries(sources).flatMap(([from, text]) =>
    importsOf(text)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier): [string, string] => [from, normalize(join(dirname(from), specifier))]),
  );
}

function rowOf(path: string): number {
  const [top, folder = ""] = path.split("/");
  return top === "manager" ? ROWS.findIndex((row) => row.includes(folder)) : -1;
}

function pointsOutward(from: string, to: string): boolean {
  const [inner, outer] = [rowOf(from), rowOf(to)];
  const sameFolder = from.split("/")[1] === to.split("/")[1];
  return inner >= 0 && outer >= 0 && !sameFolder && outer <= inner;
}

function isForbidden([from, to]: [string, string]): boolean {
  if (from.startsWith("manager/")) return !to.startsWith("manager/") || pointsOutward(from, to);
  if (from.startsWith("filter/lane/")) return !to.startsWith("filter/lane/");
  if (from.startsWith("filter/host/")) return !to.startsWith("filter/host/");
  return from.startsWith("filter/") && !to.startsWith("filter/");
}

const forbidden = (sources: Sources): string[] =>
  edges(sources)
    .filter(isForbidden)
    .map(([from, to]) => `${from} -> ${to}`);

function read(folder: string): Sources {
  const files = readdirSync(join(TOP, folder), {recursive: true, withFileTypes: true});
  const paths = files
    .filter((file) => file.isFile() && file.name.endsWith(".ts"))
    .map((file) => relative(TOP, join(file.parentPath, file.name)));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(TOP, path), "utf8")]));
}

test("the manager's folders import inward only, and nothing from outside the manager", () => {
  const sources = read("manager");
  expect(edges(sources).length).toBeGreaterThan(20);
  expect(forbidden(sources)).toEqual([]);
});

test("everything in the manager's folder has its row", () => {
  const folders = new Set(Object.keys(read("manager")).map((path) => path.split("/")[1]!));
  expect([...folders].filter((folder) => !ROWS.flat().includes(folder))).toEqual([]);
});

test("filter/lane and filter/host know nothing of each other; only the modules know both", () => {
  const sources = read("filter");
  expect(edges(sources).length).toBeGreaterThan(10);
  expect(forbidden(sources)).toEqual([]);
});

test.each([
  ["manager/model/a.ts", `import {b} from "../compile/b.ts";`],
  ["manager/compile/a.ts", `import type {b} from "../render/envoy/b.ts";`],
  ["manager/render/a.ts", `import {\n  b,\n} from "../cluster/b.ts";`],
  ["manager/playground/a.ts", `export * from "../cli/b.ts";`],
  ["manager/playground/a.ts", `import "../controller/b.ts";`],
  ["manager/render/envoy/a.ts", `const b = await import("../../cli/b.ts");`],
  ["manager/cli/a.ts", `import {b} from "../../test/b.ts";`],
  ["filter/lane/a.ts", `import {b} from "../host/b";`],
  ["filter/lane/a.ts", `import {b} from "../peer";`],
  ["filter/host/a.ts", `import {b} from "../lane/b";`],
  ["filter/edge.ts", `import {b} from "../manager/b";`],
])("an import the wrong way is found: %s: %s", (path, text) => {
  expect(forbidden({[path]: text})).toHaveLength(1);
});

test.each([
  ["manager/cli/a.ts", `import {b} from "../playground/b.ts";`],
  ["manager/playground/a.ts", `import {b} from "../render/envoy/b.ts"; import {c} from "./c.ts";`],
  ["manager/render/envoy/a.ts", `import {b} from "../names.ts"; import {c} from "node:path";`],
  ["filter/edge.ts", `import {b} from "./lane/b"; import {c} from "./host/c";`],
])("an import inward is fine: %s: %s", (path, text) => {
  expect(forbidden({[path]: text})).toEqual([]);
});
