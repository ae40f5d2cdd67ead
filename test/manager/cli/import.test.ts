import {join} from "node:path";
import {expect, test} from "vitest";
import {meshlane} from "./captured.ts";

const folder = join(import.meta.dirname, "..", "model", "asm");
const permissive = join(folder, "permissive.yaml");
const strict = join(folder, "strict.yaml");

test.each(["yaml", "json"])("objects go to stdout as %s, which validate takes", async (form) => {
  const {code, stdout, stderr} = await meshlane(["import", "--from", "asm", "-f", permissive, "-o", form]);
  expect(code).toBe(0);
  expect(stderr).toContain("routeHeader x-lane is not carried over");
  const again = await meshlane(["validate", "-f", "-"], stdout);
  expect(again).toMatchObject({code: 0, stdout: "valid: 1 group, 1 lane\n"});
});

test("who may ask by the route header is said on the command line", async () => {
  const args = ["import", "--from", "asm", "-f", permissive];
  const some = await meshlane([...args, "--ask-from", "10.0.0.0/8", "--ask-from", "192.168.0.0/16"]);
  expect(some.stdout).toContain("from:\n          - 10.0.0.0/8\n          - 192.168.0.0/16\n");
  const all = await meshlane([...args, "--ask-anyone"]);
  expect(all.stdout).toContain("anyone: true");
  const both = await meshlane([...args, "--ask-anyone", "--ask-from", "10.0.0.0/8"]);
  expect(both).toMatchObject({code: 2, stdout: ""});
});

test("a network that is none prints nothing", async () => {
  const {code, stdout, stderr} = await meshlane(["import", "--from", "asm", "-f", permissive, "--ask-from", "ten"]);
  expect({code, stdout}).toEqual({code: 1, stdout: ""});
  expect(stderr).toContain("must be a network like 10.0.0.0/8");
});

test("strict mode needs a baseline", async () => {
  const without = await meshlane(["import", "--from", "asm", "-f", strict]);
  expect(without).toMatchObject({code: 1, stdout: ""});
  expect(without.stderr).toContain("--baseline LANE");
  const chosen = await meshlane(["import", "--from", "asm", "-f", strict, "--baseline", "v1"]);
  expect(chosen.code).toBe(0);
  expect(chosen.stdout).toContain("strict: true");
});

test("files without a group are not called imported", async () => {
  const {code, stdout, stderr} = await meshlane(["import", "--from", "asm", "-f", "-"], "# nothing\n");
  expect({code, stdout, stderr}).toEqual({
    code: 1,
    stdout: "",
    stderr: "-: there is no ASMSwimLaneGroup in it. Is it the right file?\n",
  });
});

test("only products that are known can be named", async () => {
  expect(await meshlane(["import", "--from", "other", "-f", strict])).toMatchObject({code: 2, stdout: ""});
});
