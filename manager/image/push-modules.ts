import type {MeshModule} from "../compile/module.ts";
import {type OwnImage, ownImages} from "./own-images.ts";
import {pushArtifact} from "./push-artifact.ts";
import {formatReference, parseReference, parseRegistry} from "./reference.ts";
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
  const pushed: ModuleReference[] = [];
  for (const own of await ownImages(options.modules)) {
    const named = nameOf(own, place);
    await pushOne(registry, own, named, options.onProgress ?? (() => {}));
    pushed.push(named);
  }
  return pushed;
}

/**
 * Whether the registry has the modules that this program comes with, by their digests.
 * @param place `HOST[:PORT][/PATH]`
 */
export async function hasModules(
  place: string,
  options: ModuleOptions,
): Promise<(ModuleReference & {readonly there: boolean})[]> {
  const {registry: host, path} = parseRegistry(place);
  const registry = new Registry(host, options);
  return Promise.all(
    (await ownImages(options.modules)).map(async (own) => {
      const there = await registry.hasManifest(repositoryOf(path, own.module), own.digest);
      return {...nameOf(own, place), there};
    }),
  );
}

/** A version may be pushed again with other content, as who uses it pins the digest; that it moves is said. */
async function pushOne(
  registry: Registry,
  {version, digest, image}: OwnImage,
  {reference}: ModuleReference,
  say: (line: string) => void,
): Promise<void> {
  const {repository} = parseReference(reference);
  const before = (await registry.manifest(repository, version))?.descriptor.digest;
  if (before === digest) return say(`${reference} is there`);
  if (before !== undefined) say(`${repository}:${version} was ${before}`);
  say(`pushing ${reference}`);
  await pushArtifact(registry, repository, image, version);
}

function nameOf({module, version, digest}: OwnImage, place: string): ModuleReference {
  const {registry, path} = parseRegistry(place);
  const reference = formatReference({registry, repository: repositoryOf(path, module), tag: version, digest});
  return {module, version, digest, reference};
}

export function repositoryOf(path: string, module: MeshModule): string {
  return path === "" ? module : `${path}/${module}`;
}
