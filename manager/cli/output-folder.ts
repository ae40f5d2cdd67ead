import {existsSync} from "node:fs";
import {copyFile, mkdir, readdir, writeFile} from "node:fs/promises";
import {dirname, join} from "node:path";
import type {Playground} from "../model/index.ts";
import {builtFolder} from "../package-root.ts";
import {Authority} from "../playground/envoy/certificates.ts";
import {writeIdentity} from "../playground/envoy/proxy-folders.ts";
import type {Files} from "../render/envoy/index.ts";

/**
 * Writes what local Envoys need to run: the rendered files, the filter's modules and, where sidecars speak mTLS, certificates
 * of an authority thrown away at once. Certificates that are there stay.
 */
export async function writeFolder(folder: string, files: Files, playground: Playground): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), {recursive: true});
    await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
  }
  await copyModules(join(folder, "modules"));
  if (playground.spec.plainText === "refuse") await certify(join(folder, "proxies"), playground.metadata.namespace);
}

async function copyModules(folder: string): Promise<void> {
  if (!existsSync(builtFolder)) throw new Error("the filter's modules are not there: npm run build makes them");
  await mkdir(folder, {recursive: true});
  const modules = (await readdir(builtFolder)).filter((name) => name.endsWith(".wasm") && !name.endsWith("-test.wasm"));
  for (const name of modules) await copyFile(join(builtFolder, name), join(folder, name));
}

/** All of one authority, or none anew: proxies of two would not know one another. */
async function certify(folder: string, namespace: string): Promise<void> {
  const proxies = await readdir(folder);
  if (proxies.every((name) => existsSync(join(folder, name, "key.pem")))) return;
  const authority = await Authority.create();
  for (const name of proxies) await writeIdentity(join(folder, name), authority, `${namespace}/${name}`);
}
