import {expect, test} from "vitest";
import {digestOf, type Manifest} from "../../../manager/image/artifact.ts";
import {builtModules} from "../../../manager/image/built-modules.ts";
import {moduleDigests} from "../../../manager/image/index.ts";
import {moduleImage} from "../../../manager/image/module-image.ts";

const built = await builtModules();

const manifestOf = (index: number): Manifest =>
  JSON.parse(Buffer.from(moduleImage(built[index]!).manifest.bytes).toString()) as Manifest;

test.each(built.map(({module}, index) => [module, index] as const))(
  "the image of %s has two layers, the module's bytes and the licence, none of them compressed",
  (module, index) => {
    const {layers, mediaType} = manifestOf(index);
    expect(mediaType).toBe("application/vnd.oci.image.manifest.v1+json");
    expect(layers.map((layer) => layer.mediaType)).toEqual([
      "application/vnd.module.wasm.content.layer.v1+wasm",
      "text/plain",
    ]);
    expect(layers[0]).toMatchObject({digest: digestOf(built[index]!.bytes), size: built[index]!.bytes.byteLength});
    expect(layers[0]!.annotations).toEqual({"org.opencontainers.image.title": `${module}.wasm`});
  },
);

test("the annotations name version, sources, ABI and what the module exports, and no date", () => {
  const {annotations} = manifestOf(0);
  expect(annotations).toMatchObject({
    "org.opencontainers.image.title": "meshlane inbound",
    "org.opencontainers.image.version": built[0]!.version,
    "org.opencontainers.image.revision": expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    "dev.meshlane.abi": "0.2.1",
    "dev.meshlane.exports":
      "memory,proxy_abi_version_0_2_1,proxy_on_configure,proxy_on_context_create,proxy_on_memory_allocate,proxy_on_request_headers",
  });
  expect(Object.keys(annotations!)).not.toContain("org.opencontainers.image.created");
});

test("the same module gives the same digest, another byte or version another one", () => {
  const digest = (change: object) => moduleImage({...built[0]!, ...change}).manifest.descriptor.digest;
  expect(digest({})).toBe(digest({}));
  expect(digest({version: "9.9.9"})).not.toBe(digest({}));
  expect(digest({bytes: built[1]!.bytes})).not.toBe(digest({}));
});

test("the digests that the program knows offline are those of the images it would push", async () => {
  const images = built.map((one) => [one.module, moduleImage(one).manifest.descriptor.digest]);
  expect(await moduleDigests()).toEqual(Object.fromEntries(images));
  expect(Object.keys(await moduleDigests())).toEqual(["inbound", "outbound", "edge", "edge-response"]);
});
