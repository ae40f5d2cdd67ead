import {mkdir, readFile, writeFile} from "node:fs/promises";
import {join} from "node:path";

/**
 * Writes files into a folder, all or none.
 * @returns their paths
 * @throws Error when one is there with other content
 */
export async function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<string[]> {
  const written = [...files].map(([name, bytes]) => ({path: join(folder, name), bytes}));
  for (const {path, bytes} of written) {
    if (await differs(path, bytes)) throw new Error(`${path} is there with other content: name another --output-dir`);
  }
  await mkdir(folder, {recursive: true});
  for (const {path, bytes} of written) await writeFile(path, bytes);
  return written.map(({path}) => path);
}

async function differs(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    return !(await readFile(path)).equals(bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
