import {mkdirSync, statSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import asc from "assemblyscript/asc";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Module name -> entry file. Each becomes `filter/build/NAME.wasm`. */
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
 * Compiles the modules of the filter (all, or those named) with the flags of asconfig.json.
 *
 * @param {string[]} [names]
 * @returns {Promise<{name: string, path: string, bytes: number}[]>}
 * @throws {Error} when one does not compile; what the compiler says is the message
 */
export async function buildFilter(names = Object.keys(MODULES)) {
  mkdirSync(join(ROOT, "filter/build"), {recursive: true});
  const built = [];
  for (const name of names) built.push(await compile(name));
  return built;
}

async function compile(name) {
  const entry = MODULES[name];
  if (!entry) throw new Error(`filter: no module ${name}; there are ${Object.keys(MODULES).join(", ")}`);
  const outFile = `filter/build/${name}.wasm`;
  const {error, stderr} = await asc.main([entry, "--baseDir", ROOT, "--config", "asconfig.json", "--outFile", outFile]);
  if (error) throw new Error(`${entry} does not compile\n${stderr.toString()}`);
  const path = join(ROOT, outFile);
  return {name, path, bytes: statSync(path).size};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  for (const {name, bytes} of await buildFilter(names.length ? names : undefined)) {
    process.stdout.write(`${name.padEnd(20)} ${bytes} bytes\n`);
  }
}
