import {existsSync} from "node:fs";
import {dirname, join} from "node:path";

/** The top folder of the checkout or the installed package; how deep this code lies in it depends on how it was built. */
export const packageRoot = topOf(import.meta.dirname);

/** Where the filter's modules are that this program comes with. */
export const builtFolder = join(packageRoot, "filter", "build");

function topOf(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  if (dirname(folder) !== folder) return topOf(dirname(folder));
  throw new Error(`no package.json stands above ${import.meta.dirname}: this program needs the files of its package`);
}
