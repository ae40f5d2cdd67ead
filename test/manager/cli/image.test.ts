import {mkdtemp, readFile, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, expect, test} from "vitest";
import {meshlane} from "./captured.ts";
import {version} from "./registry.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "meshlane-cli-image-"));
});
afterAll(() => rm(folder, {recursive: true}));

test("writes a layout, and prints names and digests as its index has them", async () => {
  const {code, stdout} = await meshlane(["image", "--output-dir", folder, "--module", "edge", "-o", "json"]);
  expect(code).toBe(0);
  const [written] = JSON.parse(stdout) as Record<string, string>[];
  expect(written).toMatchObject({name: `edge-${version}`, module: "edge", version});
  const index = JSON.parse(await readFile(join(folder, "index.json"), "utf8")) as {manifests: object[]};
  expect(index.manifests).toMatchObject([
    {digest: written!["digest"], annotations: {"org.opencontainers.image.ref.name": `edge-${version}`}},
  ]);
});

test("a layout needs a folder", async () => {
  expect(await meshlane(["image"])).toMatchObject({code: 2, stdout: ""});
});
