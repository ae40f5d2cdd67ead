import {readFile, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {expect, test} from "vitest";
import {builtFolder} from "../../../manager/package-root.ts";
import {meshlane} from "./captured.ts";
import {version, withRegistry} from "./registry.ts";
import {shop} from "./samples.ts";

const {registry, folder} = withRegistry();
const columns = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));

test("prints one line a check of a module in a file", async () => {
  const {code, stdout} = await meshlane(["verify", join(builtFolder, "inbound.wasm")]);
  expect(code).toBe(0);
  expect(columns(stdout).map(([result, check]) => `${result} ${check}`)).toEqual([
    "ok size",
    "ok module",
    "ok abi",
    "ok imports",
    "ok exports",
  ]);
});

test("prints them of each image in a layout, with the image's name", async () => {
  const layout = join(folder(), "layout");
  await meshlane(["image", "--output-dir", layout, "--module", "inbound", "--module", "edge"]);
  const {code, stdout} = await meshlane(["verify", layout]);
  expect(code).toBe(0);
  expect(new Set(columns(stdout).map(([, subject]) => subject))).toEqual(
    new Set([`inbound-${version}`, `edge-${version}`]),
  );
});

test("checks what a registry has: modules, and lane files", async () => {
  const {host} = registry();
  await meshlane(["push", "--registry", host, "--module", "inbound"]);
  await meshlane(["push", "-f", shop, `oci://${host}/lanes:v1`]);
  expect((await meshlane(["verify", `oci://${host}/inbound:${version}`])).code).toBe(0);
  const {code, stdout} = await meshlane(["verify", `oci://${host}/lanes:v1`, "-o", "json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    {check: "digest", ok: true},
    {check: "lanes", ok: true, detail: "shop.yaml"},
  ]);
});

test("a failure is one line with a hint, and the exit code 1", async () => {
  const file = join(folder(), "text.wasm");
  await writeFile(file, "text");
  const {code, stdout} = await meshlane(["verify", file]);
  expect(code).toBe(1);
  expect(columns(stdout)[1]).toEqual([
    "FAILED",
    "module",
    expect.stringMatching(/^this is no WebAssembly module: .* Name a \.wasm file, or build it anew: meshlane build$/),
  ]);
});

test("what is not there is a wrong command", async () => {
  const {code, stderr} = await meshlane(["verify", join(folder(), "none.wasm")]);
  expect(code).toBe(2);
  expect(stderr).toContain("there is no such file. A reference begins with oci://");
});

test("a reference whose host is none is a wrong command", async () => {
  const {code, stderr} = await meshlane(["verify", "oci://[:::]:80/a:b"]);
  expect({code, stderr}).toEqual({
    code: 2,
    stderr: `meshlane: reference oci://[:::]:80/a:b: "[:::]:80" is no registry: its host is no name and no address\n`,
  });
});

test("a layout with a broken index is one line, and the exit code 1", async () => {
  const layout = join(folder(), "broken");
  await meshlane(["image", "--output-dir", layout, "--module", "inbound"]);
  await writeFile(join(layout, "index.json"), "{");
  const {code, stdout, stderr} = await meshlane(["verify", layout]);
  expect({code, stdout}).toEqual({code: 1, stdout: ""});
  expect(stderr).toMatch(/^meshlane: .*index\.json is no index of an OCI layout: write it anew, .*\n$/);
});

test("a layout in which two manifests have one name is not whole", async () => {
  const layout = join(folder(), "twice");
  await meshlane(["image", "--output-dir", layout, "--module", "inbound"]);
  const file = join(layout, "index.json");
  const index = JSON.parse(await readFile(file, "utf8")) as {manifests: object[]};
  await writeFile(file, JSON.stringify({...index, manifests: [...index.manifests, ...index.manifests]}));
  const {code, stderr} = await meshlane(["verify", layout]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^meshlane: .*index\.json has two manifests of the name inbound-[\d.]+: write it anew, .*\n$/);
});

test("a layout with nothing in it has not been verified: one line, and the exit code 1", async () => {
  const layout = join(folder(), "bare");
  await meshlane(["image", "--output-dir", layout, "--module", "inbound"]);
  await writeFile(join(layout, "index.json"), JSON.stringify({schemaVersion: 2, manifests: []}));
  for (const form of [[], ["-o", "json"]]) {
    const {code, stdout, stderr} = await meshlane(["verify", layout, ...form]);
    expect({code, stdout}).toEqual({code: 1, stdout: ""});
    expect(stderr).toMatch(
      /^meshlane: .*index\.json names no manifest, so nothing is in the layout: write it anew, .*\n$/,
    );
  }
});

test("what a registry has cannot steer the terminal", async () => {
  const {host, manifests} = registry();
  await meshlane(["push", "--registry", host, "--module", "inbound"]);
  const text = manifests.get(`inbound ${version}`)!.bytes.toString("utf8").replace("text/plain", "\\u001b[31mtext");
  manifests.set("inbound steering", {type: "x", bytes: Buffer.from(text)});
  const {code, stdout} = await meshlane(["verify", `oci://${host}/inbound:steering`]);
  expect(code).toBe(0);
  expect(stdout).toContain(" [31mtext");
  expect(stdout).not.toContain("\u001b");
});
