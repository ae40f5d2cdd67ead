import {readFile} from "node:fs/promises";
import {expect, test} from "vitest";
import {meshlane} from "./captured.ts";
import {shop} from "./samples.ts";

test("--version is that of the package", async () => {
  const {version} = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(await meshlane(["--version"])).toEqual({code: 0, stdout: `${version}\n`, stderr: ""});
});

test.each([[["--help"]], [["validate", "--help"]], [["render", "--help"]], [["playground", "--help"]]])(
  "%j has examples, on stdout",
  async (args) => {
    const {code, stdout, stderr} = await meshlane(args);
    expect({code, stderr}).toEqual({code: 0, stderr: ""});
    expect(stdout).toMatch(/^Usage: meshlane/);
    expect(stdout).toContain("Examples:\n  meshlane ");
  },
);

test.each([
  ["no verb", [], "Usage: meshlane"],
  ["an unknown verb", ["validte"], "Did you mean validate?"],
  [
    "an unknown option",
    ["validate", "-f", shop, "--ouput", "yaml"],
    "unknown option '--ouput'\n(Did you mean --output?)",
  ],
  ["no file", ["validate"], "meshlane: required option '-f, --file <file>' not specified"],
  ["a word too many", ["validate", "-f", shop, "more"], "too many arguments"],
  [
    "a missing file",
    ["validate", "-f", "nowhere.yaml"],
    "meshlane: cannot read nowhere.yaml: there is no such file or folder",
  ],
  ["standard input twice", ["validate", "-f", "-", "-f", "-"], "standard input can be read only once"],
  ["an unknown form", ["validate", "-f", shop, "-o", "xml"], "Allowed choices are yaml, json"],
  ["an unknown target", ["render", "-f", shop, "--target", "nginx"], "Allowed choices are istio, envoy"],
  ["one document of what stays", ["playground", "-o", "json"], "-o json goes with --once"],
  ["no target", ["render", "-f", shop], "required option '--target <target>' not specified"],
  [
    "two outputs",
    ["render", "-f", shop, "--target", "envoy", "-o", "json", "--output-dir", "x"],
    "cannot be used with option",
  ],
])("%s is wrong usage: exit code 2, nothing on stdout", async (_name, args, message) => {
  const {code, stdout, stderr} = await meshlane(args);
  expect({code, stdout}).toEqual({code: 2, stdout: ""});
  expect(stderr).toContain(message);
});
