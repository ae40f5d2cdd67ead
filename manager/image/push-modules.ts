import {meshModules, type MeshModule} from "../compile/module.ts";
import type {Artifact} from "./artifact.ts";
import {builtModules} from "./built-modules.ts";
import {moduleImage} from "./module-image.ts";
import {pushArtifact} from "./push-artifact.ts";
import {formatReference, parseRegistry} from "./reference.ts";
import {Registry} from "./registry.ts";
import type {RegistryOptions} from "./session.ts";

export interface ModuleOptions extends RegistryOptions {
  /** All of them if left out. */
  readonly modules?: readonly MeshModule[];
  readonly onProgress?: (line: string) => void;
}

/** An image of a module by its place in a registry. */
export interface ModuleReference {
  readonly module: MeshModule;
  readonly version: string;
  readonly digest: string;
  /** `REGISTRY/MODULE:VERSION@DIGEST`. */
  readonly reference: string;
}

/**
 * Pushes the modules that this program comes with as `REGISTRY/MODULE:VERSION`.
 * @param place `HOST[:PORT][/PATH]`
 */
export async function pushModules(place: string, options: ModuleOptions): Promise<ModuleReference[]> {
  const registry = new Registry(parseRegistry(place).registry, options);
  const pushed = await ownModules(place, options.modules);
  for (const {repository, version, image, reference} of pushed) {
    const before = await registry.manifest(repository, version);
    const digest = image.manifest.descriptor.digest;
    if (before?.descriptor.digest === digest) options.onProgress?.(`${reference} is there`);
    else {
      if (before !== undefined)
        options.onProgress?.(`${version} of ${repository} was ${before.descriptor.digest} before`);
      options.onProgress?.(`pushing ${reference}`);
      await pushArtifact(registry, repository, image, version);
    }
  }
  return pushed.map(({module, version, digest, reference}) => ({module, version, digest, reference}));
}

/**
 * Whether the registry has the modules that this program comes with, by their digests.
 * @param place `HOST[:PORT][/PATH]`
 */
export async function hasModules(
  place: string,
  options: ModuleOptions,
): Promise<(ModuleReference & {readonly there: boolean})[]> {
  const registry = new Registry(parseRegistry(place).registry, options);
  const wanted = await ownModules(place, options.modules);
  return Promise.all(
    wanted.map(async ({module, version, digest, reference, repository}) => {
      const there = await registry.hasManifest(repository, digest);
      return {module, version, digest, reference, there};
    }),
  );
}

async function ownModules(
  place: string,
  modules: readonly MeshModule[] = meshModules,
): Promise<(ModuleReference & {repository: string; image: Artifact})[]> {
  const {registry, path} = parseRegistry(place);
  return (await builtModules(modules)).map((built) => {
    const image = moduleImage(built);
    const {digest} = image.manifest.descriptor;
    const repository = repositoryOf(path, built.module);
    const {module, version} = built;
    return {
      module,
      version,
      digest,
      repository,
      image,
      reference: formatReference({registry, repository, tag: version, digest}),
    };
  });
}

export function repositoryOf(path: string, module: string): string {
  return path === "" ? module : `${path}/${module}`;
}
