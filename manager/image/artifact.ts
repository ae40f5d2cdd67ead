import {createHash} from "node:crypto";

/** The OCI image specification, version 1.1: "Content Descriptors". Field names and their order are its own. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  readonly annotations?: Annotations;
}

export type Annotations = Readonly<Record<string, string>>;

/** The OCI image specification, version 1.1: "Image Manifest". */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: typeof manifestType;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Annotations;
}

/** Bytes, and how a manifest or an index names them. */
export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** What a registry keeps under one tag: a manifest and the blobs that it names. */
export interface Artifact {
  readonly manifest: Content;
  readonly blobs: readonly Content[];
}

export const manifestType = "application/vnd.oci.image.manifest.v1+json";

export function artifact(
  manifest: Pick<Manifest, "artifactType" | "annotations">,
  config: Content,
  layers: readonly Content[],
): Artifact {
  const {artifactType, annotations} = manifest;
  const whole: Manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    ...(artifactType !== undefined && {artifactType}),
    config: config.descriptor,
    layers: layers.map(({descriptor}) => descriptor),
    ...(annotations !== undefined && {annotations}),
  };
  return {manifest: jsonContent(manifestType, whole), blobs: [config, ...layers]};
}

/** @param title the file name under which tools such as oras keep it */
export function content(mediaType: string, bytes: Uint8Array, title?: string): Content {
  const annotations = title === undefined ? {} : {annotations: {"org.opencontainers.image.title": title}};
  return {descriptor: {mediaType, digest: digestOf(bytes), size: bytes.byteLength, ...annotations}, bytes};
}

export function jsonContent(mediaType: string, value: object): Content {
  return content(mediaType, Buffer.from(JSON.stringify(value)));
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
