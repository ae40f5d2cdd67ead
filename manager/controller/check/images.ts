import {meshModules} from "../../compile/module.ts";
import {parseRegistry} from "../../image/reference.ts";
import {Registry} from "../../image/registry.ts";
import type {RegistryOptions} from "../../image/session.ts";
import type {Settings} from "../settings.ts";
import type {ImageFact, Inspection} from "./inspection.ts";
import {failed, ok, type Result, some, unreadable} from "./result.ts";

/** Whether the registry has each module's image, as this machine sees it. Never throws. */
export async function findImages({registry: place, digests}: Settings, options: RegistryOptions): Promise<ImageFact[]> {
  return Promise.all(
    meshModules.map(async (module): Promise<ImageFact> => {
      try {
        const {registry, path} = parseRegistry(place);
        const repository = path === "" ? module : `${path}/${module}`;
        const found = await new Registry(registry, options).hasManifest(repository, digests[module]);
        return found ? {module} : {module, problem: `${registry}/${repository}@${digests[module]} is not there`};
      } catch (error) {
        return {module, problem: (error as Error).message};
      }
    }),
  );
}

export function checkImages({settings, images}: Inspection): Result[] {
  if (settings === undefined) return [unreadable("images", "the settings")];
  if (settings === null) {
    const hint = "meshlane install --registry HOST/PATH.";
    return [failed("images", "Meshlane is not installed, so there is no registry to look at", hint)];
  }
  const missing = images.flatMap(({problem}) => problem ?? []);
  if (missing.length === 0) return [ok("images", `${images.length} modules are in ${settings.registry}`)];
  const hint = `meshlane push --registry ${settings.registry}. Until then pods that start serve the baseline.`;
  return [failed("images", some(missing, 2), hint)];
}
