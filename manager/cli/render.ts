import {Command, Option} from "commander";
import {stringify} from "yaml";
import {compileMesh, playgroundFacts, type Owners} from "../compile/index.ts";
import {loadMesh, type Mesh, type Playground} from "../model/index.ts";
import {assignPorts, fixedPorts, renderEnvoy, type Files} from "../render/envoy/index.ts";
import {lockPath, readOwners, writeOwners} from "../render/lock-file.ts";
import {exitCode} from "./exit.ts";
import {readSources, standardInput} from "./files.ts";
import {writeFolder} from "./output-folder.ts";
import {fileOption, outputOption} from "./options.ts";
import type {Form} from "./print.ts";
import {hasErrors, printProblems, type Terminal} from "./terminal.ts";

interface RenderOptions {
  file: string[];
  target: "envoy";
  outputDir?: string;
  output?: Form;
}

/** First of the ports that are given out in order, so that the same files come out every time. */
const firstPort = 20_000;

const examples = `
Examples:
  meshlane render -f shop.yaml -f playground.yaml --target envoy               all files as one document
  meshlane render -f shop.yaml -f playground.yaml --target envoy --output-dir out

The folder has all that Envoy needs, the filter's modules and throwaway certificates too. A proxy runs in a folder of its own:
cd out/proxies/edge && envoy -c bootstrap.json. Files of an earlier render stay.

Who owns which bucket of a weighted lane is read from and written to meshlane.lock beside the first file.
Exit codes: 0 rendered, 1 problems found, 2 the command itself is wrong.`;

export function renderCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("render")
    .description("turn lane files into configuration, without a cluster")
    .addOption(fileOption())
    .addOption(new Option("--target <target>", "what to render for").choices(["envoy"]).makeOptionMandatory())
    .addOption(new Option("--output-dir <folder>", "write the files into this folder").conflicts("output"))
    .addOption(outputOption("print one document, path to content, in this form").default("yaml"))
    .addHelpText("after", examples)
    .action(async (options: RenderOptions) => exit(await renderCommandAction(options, terminal)));
}

async function renderCommandAction(options: RenderOptions, terminal: Terminal): Promise<number> {
  const sources = await readSources(options.file, terminal);
  const {mesh, problems} = loadMesh(sources);
  printProblems(problems, terminal);
  if (hasErrors(problems)) return exitCode.problems;
  const {playground} = mesh;
  if (playground === undefined) {
    terminal.stderr.write(
      "no file has a Playground, which says what to render for: add one, like deploy/samples/playground.yaml\n",
    );
    return exitCode.problems;
  }
  const first = sources.find(({name}) => name !== standardInput)?.name;
  const lock = first === undefined ? undefined : lockPath(first);
  const before = lock === undefined ? {} : await readOwners(lock);
  const {files, owners} = render(mesh, playground, before);
  // First, as a reader that goes away ends the process.
  if (lock !== undefined) await writeOwners(lock, owners);
  if (options.outputDir === undefined) terminal.stdout.write(print(files, options.output ?? "yaml"));
  else await writeFolder(options.outputDir, files, playground);
  return exitCode.ok;
}

function render(mesh: Mesh, playground: Playground, before: Owners): {files: Files; owners: Owners} {
  const plan = compileMesh(mesh, playgroundFacts(playground), before);
  const ports = assignPorts(playground, portsBeside(fixedPorts(playground)));
  return {files: renderEnvoy(plan, playground, {ports}), owners: plan.owners};
}

function portsBeside(taken: Set<number>): () => number {
  let next = firstPort;
  return () => {
    while (taken.has(next)) next++;
    return next++;
  };
}

function print(files: Files, form: Form): string {
  if (form === "json") return `${JSON.stringify(files, null, 2)}\n`;
  return stringify(files, {aliasDuplicateObjects: false, lineWidth: 0});
}
