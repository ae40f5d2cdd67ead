import {execFile} from "node:child_process";
import {existsSync} from "node:fs";
import {copyFile, mkdir, realpath} from "node:fs/promises";
import {join, resolve} from "node:path";
import {promisify} from "node:util";
import {meshModules, type MeshModule} from "../compile/module.ts";
import {builtFolder, packageRoot} from "../package-root.ts";
import {builtModules} from "./built-modules.ts";
import {moduleImage} from "./module-image.ts";

export interface BuiltFile {
  readonly module: MeshModule;
  readonly file: string;
  /** Size of the module. */
  readonly bytes: number;
  /** Of the image that it makes. */
  readonly digest: string;
}

const compiler = join(packageRoot, "scripts", "build-filter.mjs");
const needed = [
  compiler,
  join(packageRoot, "filter", "inbound.ts"),
  join(packageRoot, "node_modules", "assemblyscript"),
];

/** Whether this is a checkout, with the filter's sources and their compiler; an installed package has the modules only. */
const hasSources = needed.every((path) => existsSync(path));

/**
 * Puts the modules into a folder: compiled from the sources where they are, otherwise those that the program comes with.
 * The same sources give the same bytes.
 * @throws Error with what the compiler says
 */
export async function buildModules(folder: string = builtFolder): Promise<BuiltFile[]> {
  await mkdir(folder, {recursive: true});
  if (hasSources) await compile(resolve(folder));
  else if ((await realpath(folder)) !== (await realpath(builtFolder))) await copy(folder);
  const built = await builtModules(meshModules, folder);
  return built.map((one) => ({
    module: one.module,
    file: join(folder, `${one.module}.wasm`),
    bytes: one.bytes.byteLength,
    digest: moduleImage(one).manifest.descriptor.digest,
  }));
}

async function compile(folder: string): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [compiler, "--output-dir", folder]);
  } catch (error) {
    throw new Error(`the filter does not compile:\n${(error as {stderr: string}).stderr.trimEnd()}`, {cause: error});
  }
}

async function copy(folder: string): Promise<void> {
  const files = [...meshModules.map((module) => `${module}.wasm`), "revision"];
  for (const file of files) await copyFile(join(builtFolder, file), join(folder, file));
}
