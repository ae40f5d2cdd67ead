import {mkdtemp, readdir, readFile, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterEach, beforeEach, expect, test} from "vitest";
import {digestOf} from "../../../manager/image/artifact.ts";
import {titledFiles} from "../../../manager/image/fetch-artifact.ts";
import {lanesArtifact} from "../../../manager/image/lanes.ts";
import {isLayout, readLayout, writeLayout} from "../../../manager/image/layout.ts";
import {ownImages} from "../../../manager/image/own-images.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "meshlane-layout-"));
});
afterEach(() => rm(folder, {recursive: true}));

const images = new Map((await ownImages()).map(({module, image}) => [module, image]));

async function contents(path: string): Promise<Record<string, string>> {
  const files = (await readdir(path, {recursive: true, withFileTypes: true})).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name)).toSorted();
  return Object.fromEntries(
    await Promise.all(paths.map(async (file) => [file.slice(path.length), digestOf(await readFile(file))])),
  );
}

test("a layout has the marker, an index of all images, and each blob under its digest", async () => {
  await writeLayout(folder, images);
  expect(JSON.parse(await readFile(join(folder, "oci-layout"), "utf8"))).toEqual({imageLayoutVersion: "1.0.0"});
  const index = JSON.parse(await readFile(join(folder, "index.json"), "utf8")) as {manifests: {digest: string}[]};
  expect(index.manifests.map(({digest}) => digest)).toEqual(
    [...images.values()].map(({manifest}) => manifest.descriptor.digest),
  );
  for (const [file, digest] of Object.entries(await contents(join(folder, "blobs", "sha256")))) {
    expect(digest).toBe(`sha256:${file.slice(1)}`);
  }
});

test("written twice it is the same, file by file", async () => {
  await writeLayout(join(folder, "one"), images);
  await writeLayout(join(folder, "two"), images);
  expect(await contents(join(folder, "two"))).toEqual(await contents(join(folder, "one")));
});

test("what is read is what was written; a blob that was changed is found", async () => {
  await writeLayout(folder, new Map([["inbound-1", images.get("inbound")!]]));
  expect(await isLayout(folder)).toBe(true);
  const read = (await readLayout(folder)).get("inbound-1")!;
  expect(read.digest).toBe(images.get("inbound")!.manifest.descriptor.digest);
  const {descriptor, bytes} = read.layers[0]!;
  expect(descriptor.digest).toBe(digestOf(bytes));
  await writeFile(join(folder, "blobs", "sha256", descriptor.digest.slice("sha256:".length)), "other");
  await expect(readLayout(folder)).rejects.toThrow("what came has the digest sha256:");
});

test("a folder without the marker is no layout, and a digest is no path", async () => {
  expect(await isLayout(folder)).toBe(false);
  await writeFile(join(folder, "index.json"), JSON.stringify({manifests: [{digest: "sha256:../../etc/passwd"}]}));
  await expect(readLayout(folder)).rejects.toThrow("is no digest of a blob");
});

test.each(["{", "<html>", '{"manifests":5}', "null"])(
  "an index that says %j is none, with the remedy",
  async (text) => {
    await writeFile(join(folder, "index.json"), text);
    await expect(readLayout(folder)).rejects.toThrow(
      `${join(folder, "index.json")} is no index of an OCI layout: write it anew`,
    );
  },
);

test("a layout that lacks a part is not whole, and a name in it cannot steer the terminal", async () => {
  await expect(readLayout(folder)).rejects.toThrow("index.json is not there, so the layout is not whole: write it");
  await writeLayout(folder, new Map([["\u001b[31minbound", images.get("inbound")!]]));
  expect([...(await readLayout(folder)).keys()]).toEqual([" [31minbound"]);
});

test.each(["../up.yaml", "a/b.yaml", "a\\b.yaml", "..", ".hidden", "", "a\n.yaml"])(
  "a layer may not name itself %j",
  (name) => {
    const {manifest, blobs} = lanesArtifact([{name: "shop.yaml", text: ""}]);
    const annotations = {"org.opencontainers.image.title": name};
    const layers = [{...blobs[1]!, descriptor: {...blobs[1]!.descriptor, annotations}}];
    const fetched = {manifest: JSON.parse(Buffer.from(manifest.bytes).toString()) as never, digest: "", layers};
    expect(() => titledFiles(fetched)).toThrow("that is no plain name");
  },
);
