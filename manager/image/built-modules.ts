import {readFile} from "node:fs/promises";
import {join} from "node:path";
import {meshModules, type MeshModule} from "../compile/module.ts";
import {builtFolder, packageRoot} from "../package-root.ts";
import type {BuiltModule} from "./module-image.ts";

/**
 * The modules of a folder that `meshlane build` or `npm run build` has filled.
 * @throws Error when one is not there
 */
export async function builtModules(
  names: readonly MeshModule[] = meshModules,
  folder: string = builtFolder,
): Promise<BuiltModule[]> {
  const {version} = JSON.parse(await readFile(join(packageRoot, "package.json"), "utf8")) as {version: string};
  const license = await readFile(join(packageRoot, "LICENSE"), "utf8");
  const revision = (await readPart(join(folder, "revision"))).toString("utf8").trim();
  return Promise.all(
    names.map(async (module) => {
      const bytes = await readPart(join(folder, `${module}.wasm`));
      return {module, bytes, version, revision, license};
    }),
  );
}

async function readPart(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`${file} is not there: npm run build makes the filter's modules`, {cause: error});
  }
}
