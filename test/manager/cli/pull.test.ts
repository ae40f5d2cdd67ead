import {readdir, readFile, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {beforeAll, expect, test} from "vitest";
import {builtFolder} from "../../../manager/package-root.ts";
import {meshlane} from "./captured.ts";
import {version, withRegistry} from "./registry.ts";

const {registry, folder} = withRegistry();
beforeAll(async () => {
  await meshlane(["push", "--registry", registry().host, "--module", "edge"]);
});

test("a module comes with its licence, and -o json says what came", async () => {
  const out = join(folder(), "module");
  const pulled = await meshlane([
    "pull",
    `oci://${registry().host}/edge:${version}`,
    "--output-dir",
    out,
    "-o",
    "json",
  ]);
  expect(pulled.code).toBe(0);
  const {reference, digest, files} = JSON.parse(pulled.stdout) as Record<string, string>;
  expect(reference).toBe(`${registry().host}/edge:${version}@${digest}`);
  expect(files).toEqual([join(out, "edge.wasm"), join(out, "LICENSE")]);
  expect(await readFile(join(out, "edge.wasm"))).toEqual(await readFile(join(builtFolder, "edge.wasm")));
});

test("a file that is there with other content stays, and nothing else is written", async () => {
  const out = folder();
  await writeFile(join(out, "LICENSE"), "mine");
  const pulled = await meshlane(["pull", `oci://${registry().host}/edge:${version}`, "--output-dir", out]);
  expect(pulled).toMatchObject({code: 1, stdout: ""});
  expect(pulled.stderr).toContain(`${join(out, "LICENSE")} is there with other content: name another --output-dir`);
  expect(await readdir(out)).not.toContain("edge.wasm");
});

test.each([
  ["oci://mesh/edge:1", 2, `"mesh" is no registry`],
  ["oci://localhost/edge", 1, "it has neither tag nor digest"],
])("%s is refused", async (reference, code, message) => {
  const refused = await meshlane(["pull", reference]);
  expect(refused.code).toBe(code);
  expect(refused.stderr).toContain(message);
});

test("what the registry has not is said to be so", async () => {
  const {code, stderr} = await meshlane(["pull", `oci://${registry().host}/edge:9.9.9`]);
  expect({code, stderr}).toEqual({code: 1, stderr: `meshlane: ${registry().host}/edge:9.9.9 is not in the registry\n`});
});
