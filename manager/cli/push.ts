import {Command} from "commander";
import type {MeshModule} from "../compile/module.ts";
import {
  formatReference,
  lanesArtifact,
  type ModuleReference,
  pushArtifact,
  pushModules,
  type Reference,
  Registry,
} from "../image/index.ts";
import {loadMesh} from "../model/index.ts";
import {exitCode, UsageError} from "./exit.ts";
import {readSources} from "./files.ts";
import {fileOption, outputOption} from "./options.ts";
import {type Form, printData} from "./print.ts";
import {plainHttpOption} from "./plain-http.ts";
import {moduleOption, referenceArgument, registryOption} from "./registry-options.ts";
import {hasErrors, printProblems, progressOn, type Terminal} from "./terminal.ts";

interface PushOptions {
  registry?: string;
  module?: MeshModule[];
  file?: string[];
  plainHttp: boolean;
  output?: Form;
}

const examples = `
Examples:
  meshlane push --registry registry.example.com/mesh           the filter's modules, as .../inbound:VERSION and so on
  meshlane push -f shop.yaml oci://registry.example.com/lanes/shop:v1
  meshlane apply oci://registry.example.com/lanes/shop@sha256:...

Credentials are those of docker login. Prints the reference with its digest, which is the same for the same content.
Exit codes: 0 pushed, 1 problems found or the registry refused, 2 the command itself is wrong.`;

export function pushCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("push")
    .description("push the filter's modules, or lane files, to a registry")
    .argument("[reference]", "where lane files go, oci://HOST/NAME:TAG", referenceArgument)
    .addOption(registryOption("push the modules below this place"))
    .addOption(moduleOption())
    .addOption(fileOption().makeOptionMandatory(false))
    .addOption(plainHttpOption())
    .addOption(outputOption("print what was pushed in this form"))
    .addHelpText("after", examples)
    .action(async (reference: Reference | undefined, options: PushOptions) => {
      exit(await push(reference, options, terminal));
    });
}

async function push(reference: Reference | undefined, options: PushOptions, terminal: Terminal): Promise<number> {
  const {file, registry, module, plainHttp} = options;
  if (file !== undefined) return pushLanes(reference, file, options, terminal);
  if (reference !== undefined)
    throw new UsageError(`what is to go to ${formatReference(reference)}? Name lane files by -f`);
  if (registry === undefined) {
    throw new UsageError("--registry says where the modules go, -f FILE oci://HOST/NAME:TAG pushes lane files");
  }
  const onProgress = progressOn(terminal);
  const pushed = await pushModules(registry, {plainHttp, onProgress, ...(module && {modules: module})});
  print(pushed, options, terminal);
  return exitCode.ok;
}

async function pushLanes(
  reference: Reference | undefined,
  files: string[],
  options: PushOptions,
  terminal: Terminal,
): Promise<number> {
  if (reference === undefined) throw new UsageError("where are the files to go? Name a place: oci://HOST/NAME:TAG");
  const {registry, repository, tag, digest} = reference;
  if (tag === undefined || digest !== undefined) {
    throw new UsageError(
      `${formatReference(reference)}: lane files are pushed under a tag: oci://${registry}/${repository}:TAG`,
    );
  }
  const sources = await readSources(files, terminal);
  const {mesh, problems} = loadMesh(sources);
  printProblems(problems, terminal);
  if (hasErrors(problems)) return exitCode.problems;
  if (mesh.groups.length + mesh.lanes.length === 0)
    throw new Error(`${files.join(", ")}: there is no group and no lane in it`);
  const artifact = lanesArtifact(sources);
  progressOn(terminal)(`pushing ${registry}/${repository}:${tag}`);
  await pushArtifact(new Registry(registry, {plainHttp: options.plainHttp}), repository, artifact, tag);
  const pushed = artifact.manifest.descriptor.digest;
  print([{reference: formatReference({registry, repository, tag, digest: pushed}), digest: pushed}], options, terminal);
  return exitCode.ok;
}

function print(
  pushed: readonly (Pick<ModuleReference, "reference" | "digest"> & Partial<ModuleReference>)[],
  {output}: PushOptions,
  {stdout}: Terminal,
): void {
  const lines = () => pushed.map(({reference}) => `${reference}\n`).join("");
  stdout.write(output === undefined ? lines() : printData(pushed, output));
}
