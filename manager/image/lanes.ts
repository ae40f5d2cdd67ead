import {basename} from "node:path";
import type {SourceText} from "../model/index.ts";
import {type Artifact, artifact, content} from "./artifact.ts";
import {type Fetched, fetchArtifact} from "./fetch-artifact.ts";
import {isFileName} from "./file-name.ts";
import {printable} from "../model/printable.ts";
import {formatReference, type Reference} from "./reference.ts";
import type {RegistryOptions} from "./session.ts";

const lanesType = "application/vnd.meshlane.lanes.v1+yaml";

/** The OCI image specification, version 1.1: "Guidance for an Empty Descriptor". */
const emptyConfig = content("application/vnd.oci.empty.v1+json", Buffer.from("{}"));
const title = "org.opencontainers.image.title";

/**
 * Lane files as an artifact: one layer a file, its bytes as they are. The same files give the same digest.
 * @throws Error when two files have one name, or one has a name that `pull` does not take
 */
export function lanesArtifact(sources: readonly SourceText[]): Artifact {
  const layers = sources.map(({name, text}) => content(lanesType, Buffer.from(text), fileName(name)));
  const names = sources.map(({name}) => fileName(name));
  const strange = names.find((name) => !isFileName(name));
  if (strange !== undefined)
    throw new Error(
      `${printable(strange)}: nobody could pull a file of this name. Rename it: no dot in front, no backslash, no control characters`,
    );
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Error(`two of the files are called ${twice}: an artifact has room for one of them`);
  return artifact({artifactType: lanesType}, emptyConfig, layers);
}

/**
 * The lane files of an artifact, with `REFERENCE#FILE` for names.
 * @throws Error when it cannot be fetched, is something else, or has another digest
 */
export async function readLanes(reference: Reference, options: RegistryOptions): Promise<SourceText[]> {
  const fetched = await fetchArtifact(reference, options);
  const name = `oci://${formatReference(reference)}`;
  if (!holdsLanes(fetched))
    throw new Error(`${name} holds no lane files: meshlane push -f lanes.yaml ${name} makes such`);
  return lanesOf(fetched).map(({name: file, text}) => ({name: `${name}#${file}`, text}));
}

export function holdsLanes({manifest}: Fetched): boolean {
  return manifest.artifactType === lanesType;
}

export function lanesOf({layers}: Fetched): SourceText[] {
  return layers
    .filter(({descriptor}) => descriptor.mediaType === lanesType)
    .map(({descriptor, bytes}) => ({
      name: descriptor.annotations?.[title] ?? "lanes.yaml",
      text: Buffer.from(bytes).toString("utf8"),
    }));
}

/** Standard input has no name of its own. */
function fileName(name: string): string {
  return /\.(ya?ml|json)$/i.test(name) ? basename(name) : "lanes.yaml";
}
