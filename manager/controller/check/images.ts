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
        const problem = `${registry}/${repository}@${digests[module]} is not there`;
        return found ? {module} : {module, problem, missing: true};
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
  const wrong = images.filter(({problem}) => problem !== undefined);
  if (wrong.length === 0) return [ok("images", `${images.length} modules are in ${settings.registry}`)];
  const push = `meshlane push --registry ${settings.registry}. Until then pods that start serve the baseline.`;
  // Whether the modules are there is not known then, and a push would fail too.
  const look =
    "See whether the registry is up and lets this machine read. Pods that start without it serve the baseline.";
  return [
    ...complaint(
      wrong.filter(({missing}) => missing),
      push,
    ),
    ...complaint(
      wrong.filter(({missing}) => !missing),
      look,
    ),
  ];
}

function complaint(images: readonly ImageFact[], hint: string): Result[] {
  const problems = images.flatMap(({problem}) => problem ?? []);
  return problems.length === 0 ? [] : [failed("images", some(problems, 2), hint, problems)];
}
