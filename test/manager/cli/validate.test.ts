import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {expect, test} from "vitest";
import {parseAllDocuments} from "yaml";
import {meshlane} from "./captured.ts";
import {broken, playground, samples, shop} from "./samples.ts";

test("says what is valid", async () => {
  expect(await meshlane(["validate", "-f", shop])).toEqual({
    code: 0,
    stdout: "valid: 1 group, 5 lanes\n",
    stderr: "",
  });
});

test("takes several files, and the files of a folder", async () => {
  const expected = {code: 0, stdout: "valid: 1 group, 5 lanes, 1 playground\n", stderr: ""};
  expect(await meshlane(["validate", "-f", shop, "--file", playground])).toEqual(expected);
  expect(await meshlane(["validate", "-f", samples])).toEqual(expected);
  expect(await meshlane(["validate", "-f", samples, "-f", shop])).toEqual(expected);
});

test("a folder without files to read is wrong usage", async () => {
  const empty = await mkdtemp(join(tmpdir(), "meshlane-cli-"));
  const {code, stderr} = await meshlane(["validate", "-f", empty]);
  await rm(empty, {recursive: true});
  expect({code, stderr}).toEqual({
    code: 2,
    stderr: `meshlane: folder ${empty} has no file that ends with .yaml, .yml or .json\n`,
  });
});

test("an empty input is not called valid", async () => {
  const {code, stdout, stderr} = await meshlane(["validate", "-f", "-"], "# nothing\n");
  expect({code, stdout}).toEqual({code: 1, stdout: ""});
  expect(stderr).toBe("-: there is no object in it. Is it the right file?\n");
});

test("problems go to stderr, one a line, with exit code 1", async () => {
  const {code, stdout, stderr} = await meshlane(["validate", "-f", "-", "-o", "yaml"], broken);
  expect({code, stdout}).toEqual({code: 1, stdout: ""});
  expect(stderr.trimEnd().split("\n")).toEqual([
    "lane ann: spec.weight must be a number  standard input:5",
    "lane ann: spec.services must name at least one service: a lane overrides something  standard input:6",
  ]);
});

test("a warning alone is no failure", async () => {
  const {code, stderr} = await meshlane(
    ["validate", "-f", "-"],
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
  );
  expect({code, stderr}).toEqual({
    code: 0,
    stderr: "warning: Service is not an object of meshlane.dev: skipped  standard input:1\n",
  });
});

test("colour is for terminals only, and NO_COLOR is heard", async () => {
  const colour = "\u001b[31mlane ann";
  expect((await meshlane(["validate", "-f", "-"], broken, true)).stderr).toContain(colour);
  expect((await meshlane(["validate", "-f", "-"], broken, false)).stderr).not.toContain("\u001b");
  process.env["NO_COLOR"] = "1";
  expect((await meshlane(["validate", "-f", "-"], broken, true)).stderr).not.toContain("\u001b");
  delete process.env["NO_COLOR"];
});

test.each(["yaml", "json"])("-o %s prints all defaults, and reads what it prints to the same", async (form) => {
  const first = await meshlane(["validate", "-f", samples, "-o", form]);
  expect(first).toMatchObject({code: 0, stderr: ""});
  expect(first.stdout).toContain("plainText");
  const again = await meshlane(["validate", "-f", "-", "-o", form], first.stdout);
  expect(again).toEqual(first);
});

test("-o yaml prints one document an object", async () => {
  const {stdout} = await meshlane(["validate", "-f", samples, "-o", "yaml"]);
  const documents = parseAllDocuments(stdout) as {toJS(): {kind: string}}[];
  expect(documents.map((document) => document.toJS().kind)).toEqual([
    "SwimLaneGroup",
    ...Array<string>(5).fill("SwimLane"),
    "Playground",
  ]);
});
