// Writes what follows from the model: CRDs and JSON schemas below deploy/.
import {mkdirSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {format, resolveConfig} from "prettier";
import {setUp} from "./setup.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
await setUp();
const {generatedFiles} = await import("../dist/model/generated.js");
for (const [path, text] of Object.entries(generatedFiles())) {
  const filepath = join(root, path);
  mkdirSync(dirname(filepath), {recursive: true});
  writeFileSync(filepath, await format(text, {...(await resolveConfig(filepath)), filepath}));
  console.error(`wrote ${path}`);
}
