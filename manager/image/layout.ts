import {mkdir, readFile, stat, writeFile} from "node:fs/promises";
import {dirname, join} from "node:path";
import {z} from "zod";
import type {Artifact, Descriptor} from "./artifact.ts";
import {printable} from "../model/printable.ts";
import {checkDigest, type Fetched, readArtifact} from "./fetch-artifact.ts";

const refName = "org.opencontainers.image.ref.name";
const indexType = "application/vnd.oci.image.index.v1+json";
const marker = "oci-layout";
const remedy = "write it anew, meshlane image --output-dir FOLDER";

const indexShape = z.object({
  manifests: z.array(z.object({digest: z.string(), annotations: z.record(z.string(), z.string()).exactOptional()})),
});

/**
 * Writes a folder in the form of the OCI image specification, version 1.1: "Image Layout". The same artifacts give the same
 * files. Blobs of an earlier one stay, as nothing names them any more.
 * @param images name, like `inbound-0.1.0` -> artifact
 */
export async function writeLayout(folder: string, images: ReadonlyMap<string, Artifact>): Promise<void> {
  const manifests: Descriptor[] = [];
  for (const [name, {manifest, blobs}] of images) {
    for (const {descriptor, bytes} of [manifest, ...blobs]) await put(blobFile(folder, descriptor.digest), bytes);
    manifests.push({...manifest.descriptor, annotations: {[refName]: name}});
  }
  await put(join(folder, "index.json"), JSON.stringify({schemaVersion: 2, mediaType: indexType, manifests}));
  await put(join(folder, marker), JSON.stringify({imageLayoutVersion: "1.0.0"}));
}

export async function isLayout(path: string): Promise<boolean> {
  const found = await stat(join(path, marker)).catch(() => undefined);
  return found?.isFile() === true;
}

/**
 * The artifacts of a layout by their names there.
 * @throws Error when nothing is in it, two have one name, a part is missing, or is not what its digest says
 */
export async function readLayout(folder: string): Promise<Map<string, Fetched>> {
  const file = join(folder, "index.json");
  const index = await readIndex(file);
  if (index.manifests.length === 0)
    throw new Error(`${file} names no manifest, so nothing is in the layout: ${remedy}`);
  const images = new Map<string, Fetched>();
  for (const {digest, annotations} of index.manifests) {
    const name = printable(annotations?.[refName] ?? digest);
    if (images.has(name)) throw new Error(`${file} has two manifests of the name ${name}: ${remedy}`);
    const bytes = await readBlob(folder, digest);
    images.set(name, await readArtifact(bytes, join(folder, name), (blob) => readBlob(folder, blob.digest)));
  }
  return images;
}

async function readIndex(file: string): Promise<z.infer<typeof indexShape>> {
  const bytes = await readPart(file);
  try {
    return indexShape.parse(JSON.parse(bytes.toString("utf8")));
  } catch (error) {
    throw new Error(`${file} is no index of an OCI layout: ${remedy}`, {cause: error});
  }
}

async function readPart(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`${file} is not there, so the layout is not whole: ${remedy}`, {cause: error});
  }
}

async function readBlob(folder: string, digest: string): Promise<Uint8Array> {
  const file = blobFile(folder, digest);
  const bytes = await readPart(file);
  checkDigest(bytes, digest, file);
  return bytes;
}

function blobFile(folder: string, digest: string): string {
  const [algorithm, hex] = /^(sha256):([0-9a-f]{64})$/.exec(digest)?.slice(1) ?? [];
  if (algorithm === undefined || hex === undefined)
    throw new Error(`${folder}: "${printable(digest)}" is no digest of a blob`);
  return join(folder, "blobs", algorithm, hex);
}

async function put(file: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(file), {recursive: true});
  await writeFile(file, bytes);
}
