import {meshModules, type MeshModule} from "../compile/module.ts";
import {ownImages} from "./own-images.ts";
import {repositoryOf} from "./push-modules.ts";
import {parseRegistry} from "./reference.ts";
import {Registry} from "./registry.ts";
import type {RegistryOptions} from "./session.ts";

export interface ModuleVersion {
  readonly module: MeshModule;
  readonly version: string;
  /** Of its image. */
  readonly digest: string;
  /** Whether it is what this program comes with. */
  readonly own: boolean;
  /** Whether the registry has it. */
  readonly there: boolean;
}

const versionTag = /^v?\d+\.\d+\.\d+/;

/**
 * The versions of the modules in a registry, and those that this program comes with; newest first.
 * @param place `HOST[:PORT][/PATH]`; without it only the program's own
 */
export async function moduleVersions(place: string | undefined, options: RegistryOptions): Promise<ModuleVersion[]> {
  const own = await ownImages();
  const there =
    place === undefined
      ? []
      : (await Promise.all(meshModules.map((module) => inRegistry(module, place, options)))).flat();
  const isOwn = ({digest}: {digest: string}) => own.some((one) => one.digest === digest);
  const absent = own.filter(
    ({digest, version}) => !there.some((one) => one.digest === digest && one.version === version),
  );
  return [
    ...there.map((one) => ({...one, own: isOwn(one), there: true})),
    ...absent.map(({module, version, digest}) => ({module, version, digest, own: true, there: false})),
  ].toSorted(newestFirst);
}

async function inRegistry(
  module: MeshModule,
  place: string,
  options: RegistryOptions,
): Promise<{module: MeshModule; version: string; digest: string}[]> {
  const {registry: host, path} = parseRegistry(place);
  const registry = new Registry(host, options);
  const repository = repositoryOf(path, module);
  const found = [];
  for (const version of (await registry.tags(repository)).filter((tag) => versionTag.test(tag))) {
    const manifest = await registry.manifest(repository, version);
    if (manifest !== undefined) found.push({module, version, digest: manifest.descriptor.digest});
  }
  return found;
}

function newestFirst(one: ModuleVersion, other: ModuleVersion): number {
  const byVersion = other.version.localeCompare(one.version, "en", {numeric: true});
  return byVersion || meshModules.indexOf(one.module) - meshModules.indexOf(other.module);
}
