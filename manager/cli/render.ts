import {Command, Option} from "commander";
import {compileMesh, playgroundFacts, type Owners} from "../compile/index.ts";
import {loadMesh, type Mesh, type Playground} from "../model/index.ts";
import {assignPorts, fixedPorts, renderEnvoy, type Files} from "../render/envoy/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import type {Rendering} from "../render/istio/index.ts";
import {lockPath, readOwners, writeOwners} from "../render/lock-file.ts";
import {exitCode, UsageError} from "./exit.ts";
import {readSources, standardInput} from "./files.ts";
import {writeFolder} from "./output-folder.ts";
import {fileOption, outputOption} from "./options.ts";
import {type Form, printData, printObjects} from "./print.ts";
import {pullSecretOption, registryOption} from "./registry-options.ts";
import {type IstioRenderOptions, renderForIstio, routesOf, writeObjects} from "./render-istio.ts";
import {printNotices} from "./report.ts";
import {hasErrors, printProblems, type Terminal} from "./terminal.ts";

interface RenderOptions extends Omit<IstioRenderOptions, "registry"> {
  file: string[];
  target: "envoy" | "istio";
  outputDir?: string;
  output?: Form;
  registry?: string;
  routes?: string;
}

/** First of the ports that are given out in order, so that the same files come out every time. */
const firstPort = 20_000;

const examples = `
Examples:
  meshlane render -f shop.yaml -f cluster.yaml --target istio --registry registry.example.com/mesh
  meshlane render -f shop.yaml -f cluster.yaml --target istio --registry registry.example.com/mesh --output-dir out
  meshlane render -f shop.yaml -f cluster.yaml --target istio --routes payment   what to paste into a VirtualService of yours
  meshlane render -f shop.yaml -f playground.yaml --target envoy               all files as one document
  meshlane render -f shop.yaml -f playground.yaml --target envoy --output-dir out

For Istio, the files also say what is known of the cluster: its Services, Deployments, Gateways, VirtualServices,
DestinationRules and so on, as kubectl get -o yaml prints them. The folder gets one file an object; files of objects
that an earlier render wrote and this one does not are removed; what was handed over stays there as its owner had it. In
the cluster they are whose who applies them: no command of ours changes or removes them there.

For Envoy, the folder has all that Envoy needs, the filter's modules and throwaway certificates too. A proxy runs in a folder
of its own: cd out/proxies/edge && envoy -c bootstrap.json. Files of an earlier render stay.

Who owns which bucket of a weighted lane is read from and written to meshlane.lock beside the first file.
Exit codes: 0 rendered, 1 problems found (what they concern is left out), 2 the command itself is wrong.`;

export function renderCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("render")
    .description("turn lane files into configuration, without a cluster")
    .addOption(fileOption())
    .addOption(new Option("--target <target>", "what to render for").choices(["istio", "envoy"]).makeOptionMandatory())
    .addOption(new Option("--output-dir <folder>", "write the files into this folder").conflicts("output"))
    .addOption(outputOption("print in this form").default("yaml"))
    .addOption(registryOption("istio: where the filter's images are"))
    .addOption(pullSecretOption())
    .addOption(
      new Option("--extension-api <api>", "istio: what names the filter")
        .choices(["auto", "WasmPlugin", "TrafficExtension"])
        .default("auto"),
    )
    .addOption(
      new Option("--routing-native <answer>", "istio: whether routing: auto may be native")
        .choices(["yes", "no"])
        .default("no"),
    )
    .addOption(
      new Option("--plain-text <answer>", "istio: whether peers without mTLS may bring a context")
        .choices(["accept", "refuse"])
        .default("refuse"),
    )
    .addOption(
      new Option(
        "--adopt <service>",
        "istio: take over the VirtualService that somebody has for its host; may be repeated",
      )
        .argParser((service: string, before: string[]) => [...before, service])
        .default([], "none"),
    )
    .addOption(
      new Option("--routes <service>", "istio: print only the http list for a VirtualService of yours").conflicts(
        "outputDir",
      ),
    )
    .addHelpText("after", examples)
    .action(async (options: RenderOptions) => exit(await renderCommandAction(options, terminal)));
}

async function renderCommandAction(options: RenderOptions, terminal: Terminal): Promise<number> {
  const {target, registry, routes} = options;
  if (target === "istio" && registry === undefined && routes === undefined) {
    throw new UsageError("--target istio needs --registry, where the filter's images are: registry.example.com/mesh");
  }
  const sources = await readSources(options.file, terminal);
  const {mesh, problems, others} = loadMesh(sources, undefined, target === "istio");
  printProblems(problems, terminal);
  if (hasErrors(problems)) return exitCode.problems;
  const first = sources.find(({name}) => name !== standardInput)?.name;
  const lock = first === undefined ? undefined : lockPath(first);
  const before = lock === undefined ? {} : await readOwners(lock);
  if (target === "istio" && routes !== undefined) {
    const http = routesOf(routes, mesh, others, before);
    terminal.stdout.write(printData({http}, options.output ?? "yaml"));
    return exitCode.ok;
  }
  if (registry !== undefined && target === "istio") {
    const from = {mesh, others, before, lock};
    return writeForIstio(from, {...options, registry}, terminal);
  }
  return renderForEnvoy(mesh, before, lock, options, terminal);
}

interface Given {
  readonly mesh: Mesh;
  readonly others: readonly KubernetesObject[];
  readonly before: Owners;
  readonly lock: string | undefined;
}

async function writeForIstio(
  {mesh, others, before, lock}: Given,
  options: RenderOptions & {registry: string},
  terminal: Terminal,
): Promise<number> {
  if (mesh.groups.length + mesh.lanes.length === 0) {
    terminal.stderr.write("there is no lane and no group in it, so nothing was rendered. Is it the right file?\n");
    return exitCode.problems;
  }
  const {objects, notices, kept = [], owners} = await renderForIstio(mesh, others, before, options);
  printNotices(notices, terminal);
  // First, as a reader that goes away ends the process.
  if (lock !== undefined) await writeOwners(lock, owners);
  await give({objects, kept}, options, terminal);
  return hasErrors(notices) ? exitCode.problems : exitCode.ok;
}

async function give(
  {objects, kept}: Pick<Rendering, "objects" | "kept">,
  {output = "yaml", outputDir}: RenderOptions,
  {stdout}: Terminal,
): Promise<void> {
  if (outputDir === undefined) stdout.write(printObjects([...objects], output));
  else await writeObjects(outputDir, objects, output, kept);
}

async function renderForEnvoy(
  mesh: Mesh,
  before: Owners,
  lock: string | undefined,
  {output = "yaml", outputDir}: RenderOptions,
  terminal: Terminal,
): Promise<number> {
  const {playground} = mesh;
  if (playground === undefined) {
    terminal.stderr.write(
      "no file has a Playground, which says what to render for: add one, like deploy/samples/playground.yaml\n",
    );
    return exitCode.problems;
  }
  const {files, owners} = render(mesh, playground, before);
  if (lock !== undefined) await writeOwners(lock, owners);
  if (outputDir === undefined) terminal.stdout.write(printData(files, output));
  else await writeFolder(outputDir, files, playground);
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
