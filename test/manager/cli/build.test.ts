import {cp, mkdtemp, readFile, rm, symlink} from "node:fs/promises";
import {execFile} from "node:child_process";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {promisify} from "node:util";
import {afterAll, beforeAll, expect, test} from "vitest";
import {meshModules, type MeshModule} from "../../../manager/compile/module.ts";
import {builtModules} from "../../../manager/image/built-modules.ts";
import {moduleImage} from "../../../manager/image/module-image.ts";
import {meshlane} from "./captured.ts";

const top = join(import.meta.dirname, "..", "..", "..");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "meshlane-build-"));
});
afterAll(() => rm(folder, {recursive: true}));

/** A checkout of its own: the sources of the filter, the compiler's settings, the packages. */
async function checkout(name: string): Promise<string> {
  const copy = join(folder, name);
  const isSource = (path: string) => path !== join(top, "filter", "build");
  for (const part of ["filter", "asconfig.json", "package.json", "scripts"]) {
    await cp(join(top, part), join(copy, part), {recursive: true, filter: isSource});
  }
  await symlink(join(top, "node_modules"), join(copy, "node_modules"));
  return copy;
}

test("the same sources, built in two folders, give the same bytes and the same digests", async () => {
  const copy = await checkout("copy");
  const [here, elsewhere] = [join(folder, "here"), join(folder, "elsewhere")];
  const [{code, stdout}] = await Promise.all([
    meshlane(["build", "--output-dir", here, "-o", "json"]),
    promisify(execFile)(process.execPath, [join(copy, "scripts", "build-filter.mjs"), "--output-dir", elsewhere]),
  ]);
  expect(code).toBe(0);
  const built = JSON.parse(stdout) as {module: MeshModule; file: string; digest: string}[];
  const again = (await builtModules(meshModules, elsewhere)).map((one) => [one.module, moduleImage(one)] as const);
  expect(again.map(([module, image]) => [module, image.manifest.descriptor.digest])).toEqual(
    built.map(({module, digest}) => [module, digest]),
  );
  for (const {module, file} of built) {
    expect(await readFile(join(elsewhere, `${module}.wasm`))).toEqual(await readFile(file));
  }
}, 300_000);
