import {mkdirSync, statSync, writeFileSync} from "node:fs";
import {join, relative} from "node:path";
import {fileURLToPath} from "node:url";
import {parseArgs} from "node:util";
import asc from "assemblyscript/asc";
import {contentHash} from "./lib/fresh.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What the modules' bytes depend on. */
const SOURCES = ["filter", "asconfig.json", "scripts/build-filter.mjs", "node_modules/assemblyscript/package.json"];

/** Module name -> entry file. Each becomes `NAME.wasm`. */
const MODULES = {
  inbound: "filter/inbound.ts",
  outbound: "filter/outbound.ts",
  "outbound-playground": "filter/outbound-playground.ts",
  edge: "filter/edge.ts",
  "edge-response": "filter/edge-response.ts",
  empty: "filter/empty.ts",
  "lane-test": "filter/lane/test.ts",
};

/**
 * Compiles the modules of the filter (all, or those named) with the flags of asconfig.json. With all of them comes the
 * file `revision`: the hash of their sources and the compiler, so that a module is traced to its source without git.
 *
 * @param {{names?: string[], folder?: string}} [what]
 * @returns {Promise<{name: string, path: string, bytes: number}[]>}
 * @throws {Error} when one does not compile; what the compiler says is the message
 */
export async function buildFilter({names = [], folder = join(ROOT, "filter", "build")} = {}) {
  mkdirSync(folder, {recursive: true});
  const built = [];
  for (const name of names.length > 0 ? names : Object.keys(MODULES)) built.push(await compile(name, folder));
  if (names.length === 0) writeFileSync(join(folder, "revision"), contentHash(SOURCES));
  return built;
}

async function compile(name, folder) {
  const entry = MODULES[name];
  if (!entry) throw new Error(`filter: no module ${name}; there are ${Object.keys(MODULES).join(", ")}`);
  const path = join(folder, `${name}.wasm`);
  const flags = ["--baseDir", ROOT, "--config", "asconfig.json", "--outFile", relative(ROOT, path)];
  const {error, stderr} = await asc.main([entry, ...flags]);
  if (error) throw new Error(`${entry} does not compile\n${stderr.toString()}`);
  return {name, path, bytes: statSync(path).size};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const {values, positionals} = parseArgs({allowPositionals: true, options: {"output-dir": {type: "string"}}});
  const folder = values["output-dir"];
  for (const {name, bytes} of await buildFilter({names: positionals, ...(folder && {folder})})) {
    process.stdout.write(`${name.padEnd(20)} ${bytes} bytes\n`);
  }
}
