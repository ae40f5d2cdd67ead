import {chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterEach, beforeEach, expect, test} from "vitest";
import type {Owners} from "../../../manager/compile/index.ts";
import {lockPath, readOwners, writeOwners} from "../../../manager/render/lock-file.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meshlane-lock-"));
  path = join(folder, "meshlane.lock");
});
afterEach(() => rmSync(folder, {recursive: true}));

const OWNERS: Owners = {
  "shop/shop": {
    next: [
      [0, 2000],
      [2500, 1],
    ],
    beta: [[2000, 500]],
  },
  "bank/bank": {new: [[0, 10_000]]},
};

test("stands beside the first lane file", () => {
  expect(lockPath("lanes/shop.yaml")).toBe(join("lanes", "meshlane.lock"));
});

test("what was written is read, one line a lane, sorted", async () => {
  await writeOwners(path, OWNERS);
  expect(await readOwners(path)).toEqual(OWNERS);
  expect(readFileSync(path, "utf8")).toBe(`{
  "version": 1,
  "groups": {
    "bank/bank": {
      "new": [[0,10000]]
    },
    "shop/shop": {
      "beta": [[2000,500]],
      "next": [[0,2000],[2500,1]]
    }
  }
}
`);
});

test("the same owners give the same bytes, and the file is not touched", async () => {
  await writeOwners(path, OWNERS);
  const [before, written] = [readFileSync(path), statSync(path, {bigint: true}).ino];
  const turned = Object.fromEntries(Object.entries(OWNERS).toReversed());
  await writeOwners(path, turned);
  expect(readFileSync(path)).toEqual(before);
  expect(statSync(path, {bigint: true}).ino).toBe(written);
});

test("no file: nobody owns anything; owners of nothing make no file", async () => {
  expect(await readOwners(path)).toEqual({});
  await writeOwners(path, {"shop/shop": {}});
  expect(readdirSync(folder)).toEqual([]);
});

test("when the last owner goes, the file says so", async () => {
  await writeOwners(path, OWNERS);
  await writeOwners(path, {"shop/shop": {}});
  expect(await readOwners(path)).toEqual({});
  expect(readdirSync(folder)).toEqual(["meshlane.lock"]);
});

test.each([
  ["no JSON", "{"],
  ["a merge conflict", "<<<<<<< HEAD\n{}\n"],
  ["another version", '{"version": 2, "groups": {}}'],
  ["an unknown field", '{"version": 1, "groups": {}, "more": 1}'],
  ["a run past the end", '{"version": 1, "groups": {"a/b": {"c": [[9999, 2]]}}}'],
  ["a bucket of two lanes", '{"version": 1, "groups": {"a/b": {"c": [[0, 2]], "d": [[1, 1]]}}}'],
  ["a run of none", '{"version": 1, "groups": {"a/b": {"c": [[0, 0]]}}}'],
])("a broken file is refused by its name, and left as it is: %s", async (_, text) => {
  writeFileSync(path, text);
  await expect(readOwners(path)).rejects.toThrow(`${path}: is not a lock file of this version. Take it back`);
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("a folder in which nothing may be written is an error, not a lost file", async () => {
  await writeOwners(path, OWNERS);
  const gone = join(folder, "gone", "meshlane.lock");
  await expect(writeOwners(gone, OWNERS)).rejects.toThrow("ENOENT");
  chmodSync(path, 0o444);
  expect(await readOwners(path)).toEqual(OWNERS);
});
