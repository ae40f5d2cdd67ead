import {meshModules, type MeshModule} from "../compile/module.ts";
import type {Artifact} from "./artifact.ts";
import {builtModules} from "./built-modules.ts";
import {moduleImage} from "./module-image.ts";

/** The image of a module that this program comes with. */
export interface OwnImage {
  readonly module: MeshModule;
  readonly version: string;
  readonly digest: string;
  readonly image: Artifact;
}

/** @throws Error when the modules are not built */
export async function ownImages(modules: readonly MeshModule[] = meshModules): Promise<OwnImage[]> {
  return (await builtModules(modules)).map((built) => {
    const image = moduleImage(built);
    const {module, version} = built;
    return {module, version, digest: image.manifest.descriptor.digest, image};
  });
}

/**
 * Digest of each module's image, `sha256:` and 64 hexadecimal digits, as this program would push it: known without a registry.
 * @throws Error when the modules are not built
 */
export async function moduleDigests(): Promise<Readonly<Record<MeshModule, string>>> {
  const digests = (await ownImages()).map(({module, digest}) => [module, digest]);
  return Object.fromEntries(digests) as Record<MeshModule, string>;
}
