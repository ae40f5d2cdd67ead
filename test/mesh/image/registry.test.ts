import {mkdtemp, readFile, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, expect, test} from "vitest";
import {moduleDigests} from "../../../manager/image/index.ts";
import {type Mesh, theMesh} from "../client/index.ts";
import {run} from "../run.ts";
import {meshlane} from "./command.ts";

const shop = "deploy/samples/shop.yaml";

let mesh: Mesh;
let folder: string;
let place: string;
let digests: Awaited<ReturnType<typeof moduleDigests>>;
beforeAll(async () => {
  mesh = await theMesh();
  folder = await mkdtemp(join(tmpdir(), "meshlane-images-"));
  place = `${mesh.registry}/images-test`;
  digests = await moduleDigests();
  await meshlane("push", "--plain-http", "--registry", place);
});
afterAll(() => rm(folder, {recursive: true}));

const crane = (...args: string[]) => run(mesh.note.programs.crane, [...args, "--insecure"]);
const oras = (...args: string[]) => run(mesh.note.programs.oras, args);

test.each(["inbound", "outbound", "edge", "edge-response"] as const)(
  "the image of %s has the digest that was known before, and crane finds nothing wrong with it",
  async (module) => {
    const [pushed] = JSON.parse(
      await meshlane("push", "--plain-http", "--registry", place, "--module", module, "-o", "json"),
    ) as {version: string}[];
    const reference = `${place}/${module}:${pushed!.version}`;
    expect((await crane("digest", reference)).trim()).toBe(digests[module]);
    await crane("validate", "--remote", reference);
    await meshlane("verify", "--plain-http", `oci://${reference}@${digests[module]}`);
  },
);

test("crane pulls an image into a layout that is verified, and pushes our layout under the same digest", async () => {
  const [pulled, written] = [join(folder, "pulled"), join(folder, "written")];
  await crane("pull", "--format", "oci", `${place}/inbound@${digests.inbound}`, pulled);
  expect(await meshlane("verify", pulled)).not.toContain("FAILED");
  await meshlane("image", "--output-dir", written, "--module", "edge");
  await crane("push", written, `${place}/by-crane:v1`);
  expect((await crane("digest", `${place}/by-crane:v1`)).trim()).toBe(digests.edge);
});

test("oras reads an image of ours, and copies our layout to a registry under the same digest", async () => {
  const written = join(folder, "for-oras");
  const [{version}] = JSON.parse(await meshlane("versions", "--plain-http", "--registry", place, "-o", "json")) as [
    {version: string},
  ];
  const fetched = await oras("manifest", "fetch", "--plain-http", "--descriptor", `${place}/outbound:${version}`);
  expect(JSON.parse(fetched)).toMatchObject({digest: digests.outbound});
  await meshlane("image", "--output-dir", written, "--module", "outbound");
  const layout = `${written}@${digests.outbound}`;
  await oras("copy", "--from-oci-layout", layout, "--to-plain-http", `${place}/by-oras:v1`);
  await meshlane("verify", "--plain-http", `oci://${place}/by-oras@${digests.outbound}`);
});

test("lane files go and come back byte by byte; crane and oras read them too", async () => {
  const reference = (await meshlane("push", "--plain-http", "-f", shop, `oci://${place}/lanes:v1`)).trim();
  const manifest = JSON.parse(await crane("manifest", reference)) as {artifactType: string; layers: {digest: string}[]};
  expect(manifest.artifactType).toBe("application/vnd.meshlane.lanes.v1+yaml");
  const text = await readFile(shop, "utf8");
  expect(await crane("blob", `${place}/lanes@${manifest.layers[0]!.digest}`)).toBe(text);
  const [out, byOras] = [join(folder, "lanes"), join(folder, "lanes-by-oras")];
  await oras("pull", "--plain-http", reference, "--output", byOras);
  expect(await readFile(join(byOras, "shop.yaml"), "utf8")).toBe(text);
  await meshlane("pull", "--plain-http", `oci://${reference}`, "--output-dir", out);
  expect(await readFile(join(out, "shop.yaml"), "utf8")).toBe(text);
  expect(await meshlane("push", "--plain-http", "-f", shop, `oci://${place}/lanes:v1`)).toBe(`${reference}\n`);
});

test("versions lists the modules as the registry has them", async () => {
  const found = JSON.parse(await meshlane("versions", "--plain-http", "--registry", place, "-o", "json")) as object[];
  expect(found).toEqual(
    Object.entries(digests).map(([module, digest]) =>
      expect.objectContaining({module, digest, own: true, there: true}),
    ),
  );
});

test("plain HTTP to another machine needs to be said", async () => {
  await expect(meshlane("versions", "--registry", place)).rejects.toThrow("is used with --plain-http only");
});
