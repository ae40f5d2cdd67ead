/** Lets Node 20, which runs no TypeScript, load the harness: `node --import ./test/mesh/load-typescript.mjs FILE.ts`. */
import {readFile} from "node:fs/promises";
import {register} from "node:module";
import {isMainThread} from "node:worker_threads";
import {fileURLToPath} from "node:url";

if (isMainThread) register(import.meta.url);

export async function load(url, context, next) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
  const {default: typescript} = await import("typescript");
  const source = await readFile(fileURLToPath(url), "utf8");
  const {ESNext} = typescript.ModuleKind;
  const options = {
    module: ESNext,
    target: typescript.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
    inlineSourceMap: true,
  };
  const {outputText} = typescript.transpileModule(source, {compilerOptions: options, fileName: fileURLToPath(url)});
  return {format: "module", source: outputText, shortCircuit: true};
}
