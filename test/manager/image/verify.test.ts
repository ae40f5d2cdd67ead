import {expect, test} from "vitest";
import {type Artifact, content, type Manifest} from "../../../manager/image/artifact.ts";
import {builtModules} from "../../../manager/image/built-modules.ts";
import type {Fetched} from "../../../manager/image/fetch-artifact.ts";
import {lanesArtifact} from "../../../manager/image/lanes.ts";
import {moduleImage} from "../../../manager/image/module-image.ts";
import {type Check, verifyArtifact, verifyModule} from "../../../manager/image/verify.ts";

const built = await builtModules();

function fetched({manifest, blobs}: Artifact): Fetched {
  const parsed = JSON.parse(Buffer.from(manifest.bytes).toString()) as Manifest;
  return {manifest: parsed, digest: manifest.descriptor.digest, layers: blobs.slice(1)};
}

const failures = (checks: Check[]) => checks.filter(({ok}) => !ok).map(({check, detail}) => `${check}: ${detail}`);

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A module in WebAssembly's binary form that imports functions without parameters, and exports them and its memory. */
function wasm(imports: [module: string, name: string][], exports: string[], memory = true): Uint8Array {
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  const section = (id: number, items: number[][]) => {
    const body = [items.length, ...items.flat()];
    return [id, (body.length & 0x7f) | 0x80, body.length >> 7, ...body];
  };
  const last = imports.length;
  return Uint8Array.from([
    ...header,
    ...section(1, [[0x60, 0, 0]]),
    ...section(
      2,
      imports.map(([module, name]) => [...text(module), ...text(name), 0, 0]),
    ),
    ...section(3, [[0]]),
    ...section(5, [[0, 1]]),
    ...section(7, [...exports.map((name) => [...text(name), 0, last]), ...(memory ? [[...text("memory"), 2, 0]] : [])]),
    ...section(10, [[2, 0, 0x0b]]),
  ]);
}

const needed = ["proxy_abi_version_0_2_1", "proxy_on_memory_allocate"];

test.each(built.map((one) => [one.module, one] as const))("all is well with the image of %s", (_, one) => {
  const checks = verifyArtifact(fetched(moduleImage(one)));
  expect(failures(checks)).toEqual([]);
  const names = "digest form size module abi imports exports annotations";
  expect(checks.map(({check}) => check).join(" ")).toBe(names);
});

test("a module that imports only what Envoy offers is well, whichever of these it is", () => {
  const offered: [string, string][] = [
    ["env", "proxy_get_log_level"],
    ["env", "proxy_continue_stream"],
    ["wasi_snapshot_preview1", "random_get"],
  ];
  expect(failures(verifyModule(wasm(offered, [...needed, "proxy_on_log"])))).toEqual([]);
});

test.each([
  ["env", "abort"],
  ["env", "proxy_clear_route_cache"],
  ["env", "random_get"],
  ["wasi_snapshot_preview1", "path_rename"],
  ["env", "constructor"],
])("an import that Envoy does not offer at its oldest version is found: %s.%s", (module, name) => {
  expect(failures(verifyModule(wasm([[module, name]], needed)))).toEqual([
    `imports: Envoy does not offer ${module}.${name}`,
  ]);
});

test("a module without memory, allocator or ABI, or with a callback that nobody calls, is found", () => {
  expect(failures(verifyModule(wasm([], needed, false)))).toEqual(["exports: without memory"]);
  expect(failures(verifyModule(wasm([], [needed[0]!])))).toEqual([
    "exports: without malloc or proxy_on_memory_allocate",
  ]);
  expect(failures(verifyModule(wasm([], [needed[1]!])))).toEqual(["abi: no proxy_abi_version_* export"]);
  expect(failures(verifyModule(wasm([], ["proxy_abi_version_0_2_0", needed[1]!])))).toEqual(["abi: proxy-wasm 0.2.0"]);
  expect(failures(verifyModule(wasm([], [...needed, "proxy_on_request_header"])))).toEqual([
    "exports: Envoy never calls proxy_on_request_header",
  ]);
});

test("bytes that are no module, or too many, are found", () => {
  expect(failures(verifyModule(Buffer.from("not wasm")))[0]).toContain("this is no WebAssembly module");
  expect(failures(verifyModule(Buffer.alloc((1 << 20) + 1)))[0]).toBe("size: 1048577 bytes");
});

test("annotations that tell of another module are found", () => {
  const {manifest, ...rest} = fetched(moduleImage(built[0]!));
  const wrong = (annotations: Record<string, string>) =>
    failures(
      verifyArtifact({...rest, manifest: {...manifest, annotations: {...manifest.annotations, ...annotations}}}),
    );
  expect(wrong({"dev.meshlane.exports": "memory"})[0]).toContain("dev.meshlane.exports says memory, the module ");
  expect(wrong({"dev.meshlane.abi": "0.2.0"})[0]).toContain("dev.meshlane.abi says 0.2.0, the module 0.2.1");
  expect(wrong({"org.opencontainers.image.revision": ""})).toEqual([
    "annotations: without org.opencontainers.image.revision",
  ]);
});

test("a form that Istio's agent does not take is found", () => {
  const image = fetched(moduleImage(built[0]!));
  const alone = {...image, layers: image.layers.slice(0, 1)};
  expect(failures(verifyArtifact(alone))).toEqual(["form: layers application/vnd.module.wasm.content.layer.v1+wasm"]);
  const other = {...image, layers: [content("application/wasm", built[0]!.bytes), image.layers[1]!]};
  expect(failures(verifyArtifact(other))).toEqual(["form: layers application/wasm, text/plain"]);
});

test("lane files are verified as lane files", () => {
  const group = "apiVersion: meshlane.dev/v1alpha1\nkind: SwimLaneGroup\nmetadata: {name: shop, namespace: shop}\n";
  const artifact = (text: string) => fetched(lanesArtifact([{name: "shop.yaml", text}]));
  expect(verifyArtifact(artifact(`${group}spec: {}\n`))).toMatchObject([{ok: true}, {check: "lanes", ok: true}]);
  const checks = failures(verifyArtifact(artifact(`${group}spec: {sevices: []}\n`)));
  expect(checks).toEqual([expect.stringContaining("shop.yaml:4")]);
});
