import type {Artifact} from "./artifact.ts";
import type {Registry} from "./registry.ts";

/**
 * Blobs first, as a registry takes no manifest whose blobs it has not.
 * @param reference tag; without it the artifact is found by its digest only
 */
export async function pushArtifact(
  registry: Registry,
  repository: string,
  {manifest, blobs}: Artifact,
  reference: string = manifest.descriptor.digest,
): Promise<void> {
  for (const blob of blobs) await registry.pushBlob(repository, blob);
  await registry.pushManifest(repository, reference, manifest);
}
