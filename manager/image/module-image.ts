import type {MeshModule} from "../compile/module.ts";
import {type Artifact, artifact, content, jsonContent} from "./artifact.ts";
import {abiOf, interfaceOf} from "./wasm.ts";

/** A module as it was built. */
export interface BuiltModule {
  readonly module: MeshModule;
  readonly bytes: Uint8Array;
  /** The program's version, which its modules have too. */
  readonly version: string;
  /** Hash of the sources that it was built from. */
  readonly revision: string;
  /** The text of the licence that it comes under. */
  readonly license: string;
}

export const wasmType = "application/vnd.module.wasm.content.layer.v1+wasm";
const configType = "application/vnd.oci.image.config.v1+json";

export const annotationNames = {
  version: "org.opencontainers.image.version",
  revision: "org.opencontainers.image.revision",
  title: "org.opencontainers.image.title",
  description: "org.opencontainers.image.description",
  licenses: "org.opencontainers.image.licenses",
  abi: "dev.meshlane.abi",
  exports: "dev.meshlane.exports",
} as const;

/** The layers are no parts of a file system, so there is none. */
const imageConfig = jsonContent(configType, {
  architecture: "wasm",
  os: "wasip1",
  config: {},
  rootfs: {type: "layers", diff_ids: []},
});

/**
 * The image of a module. The same module gives the same bytes: there is no date in it, and no compression, whose output may
 * differ from one version of Node to the next.
 *
 * Istio's agent takes an OCI manifest whose last layer is no tar+gzip when it has two layers and one is of the wasm type
 * (istio.io/istio, pkg/wasm/imagefetcher.go). The other carries the licence, which has to come along with every copy.
 * The config is an image's, so that tools for images read it.
 */
export function moduleImage(built: BuiltModule): Artifact {
  const layers = [
    content(wasmType, built.bytes, `${built.module}.wasm`),
    content("text/plain", Buffer.from(built.license), "LICENSE"),
  ];
  return artifact({annotations: annotationsOf(built)}, imageConfig, layers);
}

function annotationsOf({module, bytes, version, revision}: BuiltModule): Record<string, string> {
  return {
    [annotationNames.title]: `meshlane ${module}`,
    [annotationNames.description]: "Module of Meshlane's filter for Envoy",
    [annotationNames.version]: version,
    [annotationNames.revision]: revision,
    [annotationNames.licenses]: "Apache-2.0",
    ...contentAnnotations(bytes),
  };
}

/** The annotations that the module's own bytes decide. */
export function contentAnnotations(bytes: Uint8Array): Record<string, string> {
  const offered = interfaceOf(bytes);
  return {
    [annotationNames.abi]: abiOf(offered) ?? "none",
    [annotationNames.exports]: offered.exports
      .map(({name}) => name)
      .toSorted()
      .join(","),
  };
}
