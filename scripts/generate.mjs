// Writes what follows from the model: CRDs and JSON schemas below deploy/.
import {execFileSync} from "node:child_process";
import {mkdirSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {format, resolveConfig} from "prettier";

const root = fileURLToPath(new URL("..", import.meta.url));
execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
const {generatedFiles} = await import("../dist/model/generated.js");
for (const [path, text] of Object.entries(generatedFiles())) {
  const filepath = join(root, path);
  mkdirSync(dirname(filepath), {recursive: true});
  writeFileSync(filepath, await format(text, {...(await resolveConfig(filepath)), filepath}));
  console.error(`wrote ${path}`);
}
