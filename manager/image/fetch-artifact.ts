import {z} from "zod";
import {type Content, digestOf, type Manifest, manifestType} from "./artifact.ts";
import {isFileName} from "./file-name.ts";
import {isPrintable, printable} from "../model/printable.ts";
import {formatReference, type Reference} from "./reference.ts";
import {Registry} from "./registry.ts";
import type {RegistryOptions} from "./session.ts";

/** An artifact as a registry or a layout has it. Digests and sizes have been checked. */
export interface Fetched {
  readonly manifest: Manifest;
  /** Of the manifest. */
  readonly digest: string;
  /** One for each of the manifest's, in its order. */
  readonly layers: readonly Content[];
}

/** Bytes of all blobs together: far more than a module or lane files need, and what any machine can hold. */
const mostBytes = 32 << 20;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const descriptor = z.object({
  mediaType: z.string(),
  digest,
  size: z.int().nonnegative(),
  annotations: z.record(z.string(), z.string()).exactOptional(),
});
const manifestShape = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.literal(manifestType),
  artifactType: z.string().exactOptional(),
  config: descriptor,
  layers: z.array(descriptor).max(256),
  annotations: z.record(z.string(), z.string()).exactOptional(),
});

/**
 * @param reference with a tag, a digest, or both: then the digest decides
 * @throws Error when there is none, it is too large, or its digest is another one
 */
export async function fetchArtifact(reference: Reference, options: RegistryOptions): Promise<Fetched> {
  const name = formatReference(reference);
  const wanted = reference.digest ?? reference.tag;
  if (wanted === undefined) throw new Error(`reference ${name}: it has neither tag nor digest`);
  const registry = new Registry(reference.registry, options);
  const found = await registry.manifest(reference.repository, wanted);
  if (found === undefined) throw new Error(`${name} is not in the registry`);
  checkDigest(found.bytes, reference.digest, name);
  return readArtifact(found.bytes, name, (blob) => registry.blob(reference.repository, blob));
}

/**
 * @param name for messages
 * @param fetch gives the bytes of a blob, checked
 */
export async function readArtifact(
  bytes: Uint8Array,
  name: string,
  fetch: (blob: Manifest["config"]) => Promise<Uint8Array>,
): Promise<Fetched> {
  const manifest = parseManifest(bytes, name);
  checkTitles(manifest, name);
  const size = [manifest.config, ...manifest.layers].reduce((sum, blob) => sum + blob.size, 0);
  if (size > mostBytes) throw new Error(`${name} has ${size} bytes, more than ${mostBytes}: it is not fetched`);
  const layers: Content[] = [];
  for (const layer of manifest.layers) layers.push({descriptor: layer, bytes: await fetch(layer)});
  return {manifest, digest: digestOf(bytes), layers};
}

export function checkDigest(bytes: Uint8Array, wanted: string | undefined, name: string): void {
  const found = digestOf(bytes);
  if (wanted === undefined || wanted === found) return;
  throw new Error(`${name}: what came has the digest ${found}. It was changed on the way, or the registry is broken`);
}

function parseManifest(bytes: Uint8Array, name: string): Manifest {
  try {
    return manifestShape.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (error) {
    throw new Error(`${name} is no OCI image manifest, so nothing that meshlane has pushed`, {cause: error});
  }
}

const title = "org.opencontainers.image.title";

/** Verbs print them. */
function checkTitles({layers}: Manifest, name: string): void {
  const wrong = layers.map(({annotations}) => annotations?.[title] ?? "").find((text) => !isPrintable(text));
  if (wrong === undefined) return;
  throw new Error(
    `${name}: a layer's file "${printable(wrong)}" has control characters in its name: push it under another`,
  );
}

/**
 * The layers that are files, by their names.
 * @throws Error when a name would leave the folder that it is written into
 */
export function titledFiles({layers}: Fetched): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const {descriptor, bytes} of layers) {
    const name = descriptor.annotations?.[title];
    if (name === undefined) continue;
    if (!isFileName(name)) throw new Error(`a layer wants to be the file "${name}": that is no plain name`);
    files.set(name, bytes);
  }
  return files;
}
