import type {MeshModule} from "../compile/module.ts";
import {builtModules} from "./built-modules.ts";
import {moduleImage} from "./module-image.ts";

export {readLanes} from "./lanes.ts";
export {hasModules, type ModuleOptions, type ModuleReference, pushModules} from "./push-modules.ts";
export {isReference} from "./reference.ts";
export type {RegistryOptions} from "./session.ts";

/**
 * Digest of each module's image, `sha256:` and 64 hexadecimal digits, as this program would push it: known without a registry.
 * @throws Error when the modules are not built
 */
export async function moduleDigests(): Promise<Readonly<Record<MeshModule, string>>> {
  const built = await builtModules();
  const digests = built.map((one) => [one.module, moduleImage(one).manifest.descriptor.digest]);
  return Object.fromEntries(digests) as Record<MeshModule, string>;
}
