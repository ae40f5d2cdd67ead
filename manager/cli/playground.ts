import {existsSync} from "node:fs";
import {join} from "node:path";
import {Command, InvalidArgumentError, Option} from "commander";
import {builtFolder, packageRoot} from "../package-root.ts";
import {findEnvoy} from "../playground/envoy/binary.ts";
import {RunningMesh} from "../playground/mesh.ts";
import {type Answer, flatten, send} from "../playground/path.ts";
import {Processes} from "../playground/processes/processes.ts";
import {progressLine} from "../playground/progress-line.ts";
import {sampleRequests, type SampleRequest, userRequests} from "../playground/sample-requests.ts";
import {curlLine, pathText} from "../playground/text.ts";
import {watchFolders} from "../playground/watch.ts";
import {exitCode} from "./exit.ts";
import {LaneFiles} from "./lane-files.ts";
import type {Terminal} from "./terminal.ts";

interface PlaygroundOptions {
  file?: string[];
  once?: true;
  output?: "json";
  uids?: number;
  withoutFilter?: true;
}

const samples = {lanes: sample("shop.yaml"), shop: sample("playground.yaml")};

/** As a shell counts a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Requests under way at once. */
const AT_ONCE = 16;

const examples = `
Examples:
  meshlane playground                            the sample shop with its lanes; edit deploy/samples/shop.yaml and see
  meshlane playground -f lanes.yaml              your lanes in the sample shop
  meshlane playground -f my-shop.yaml            your own shop (a file with a kind: Playground), with its lanes
  meshlane playground --once -o json             send the sample requests, print their paths, end
  meshlane playground --once -o json --uids 2000 and one request for each of 2000 users

Exit codes: 0 ok, 1 problems found, 2 the command itself is wrong, 130 ended by Ctrl-C before --once was done.`;

export function playgroundCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("playground")
    .description("run a mesh with lanes on this machine: real Envoy sidecars, no cluster")
    .addOption(
      new Option(
        "-f, --file <file>",
        "lanes or a shop: file, folder, or - for standard input; may be repeated",
      ).argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]),
    )
    .option("--once", "send the sample requests, print their paths and end")
    .addOption(new Option("-o, --output <form>", "one JSON document on standard output; with --once").choices(["json"]))
    .addOption(new Option("--uids <count>", "also send a request for each of so many users").argParser(wholeNumber))
    .option("--without-filter", "modules that decide nothing, to see what is lost without the filter")
    .addHelpText("after", examples)
    .action(async (options: PlaygroundOptions, command: Command) => {
      if (options.output !== undefined && !options.once) command.error("error: -o json goes with --once");
      exit(await playground(options, terminal));
    });
}

async function playground(options: PlaygroundOptions, terminal: Terminal): Promise<number> {
  const log = (line: string): void => void terminal.stderr.write(`${line}\n`);
  const files = new LaneFiles(options.file ?? [samples.lanes], samples.shop, terminal);
  await files.read();
  const mesh = files.mesh();
  if (mesh === undefined) return exitCode.problems;
  if (!existsSync(builtFolder)) throw new Error("the filter's modules are not there: npm run build makes them");
  const envoy = await foundEnvoy();
  const processes = await Processes.start();
  const ended = endedByUser();
  const withoutFilter = options.withoutFilter === true;
  log("starting the mesh ...");
  const starting = files
    .owners()
    .then((owners) => RunningMesh.start(mesh, owners, {processes, envoy, modules: builtFolder, withoutFilter, log}));
  const stopEdits = options.once ? () => {} : takeEdits(starting, files, log, processes.stopping);
  const run = async (): Promise<number> => {
    const running = await starting;
    await files.remember(running.plan.owners);
    await showRequests(running, options, terminal);
    if (options.once) return exitCode.ok;
    log(`Edit ${files.names.join(" or ")}: changes are taken at once. Ctrl-C ends everything.`);
    await ended;
    return exitCode.ok;
  };
  try {
    return await Promise.race([run(), ended.then(() => (options.once ? INTERRUPTED : exitCode.ok))]);
  } finally {
    stopEdits();
    await processes.stop();
  }
}

async function foundEnvoy(): Promise<string> {
  const progress = progressLine(process.stderr);
  try {
    return await findEnvoy({onProgress: (line) => progress.show(line)});
  } finally {
    progress.end();
  }
}

async function showRequests(running: RunningMesh, options: PlaygroundOptions, {stdout}: Terminal): Promise<void> {
  const edge = `127.0.0.1:${running.edgePort}`;
  const samplesOf = requestsOf(running);
  const users = userRequests(running.plan, options.uids ?? 0, edge);
  const answers = await sendAll([...samplesOf, ...users], running.mesh.playground.spec.entry);
  if (options.output === "json") {
    const paths = answers.map(({request, tree, status}) => ({request, path: flatten(tree), status}));
    stdout.write(`${JSON.stringify(paths, null, 2)}\n`);
    return;
  }
  stdout.write(`${answers.slice(0, samplesOf.length).map(pathText).join("\n")}\n`);
  if (users.length > 0) stdout.write(`${usersText(answers.slice(samplesOf.length))}\n`);
  if (!options.once)
    stdout.write(`Ready to paste:\n${samplesOf.map((request) => `  ${curlLine(request)}\n`).join("")}\n`);
}

function requestsOf({plan, mesh, edgePort}: RunningMesh): SampleRequest[] {
  const lanes = mesh.lanes.map(({metadata, spec}) => ({name: metadata.name, group: spec.group}));
  return sampleRequests(plan, lanes, `127.0.0.1:${edgePort}`);
}

/** In order, however many are under way at once. */
async function sendAll(requests: readonly SampleRequest[], entry: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let first = 0; first < requests.length; first += AT_ONCE) {
    const batch = requests.slice(first, first + AT_ONCE);
    answers.push(...(await Promise.all(batch.map((request) => send(request, entry)))));
  }
  return answers;
}

/** How the users are spread over the lanes, as the edge decided. */
function usersText(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const {tree} of answers) counts.set(tree.lane, (counts.get(tree.lane) ?? 0) + 1);
  const shares = [...counts].map(
    ([lane, count]) => `  ${lane}  ${count}  ${((100 * count) / answers.length).toFixed(1)} %`,
  );
  return [`${answers.length} users:`, ...shares.sort(), ""].join("\n");
}

/**
 * Takes every edit of the files, also one that is made while the mesh starts.
 * @returns how to stop
 */
function takeEdits(
  starting: Promise<RunningMesh>,
  files: LaneFiles,
  log: (line: string) => void,
  stopping: AbortSignal,
): () => void {
  return watchFolders(files.folders, async () => {
    const running = await starting.catch(() => undefined);
    try {
      if (running) await takeEdit(running, files, log);
    } catch (error) {
      if (!stopping.aborted) log(`not taken: ${(error as Error).message}`);
    }
  });
}

async function takeEdit(running: RunningMesh, files: LaneFiles, log: (line: string) => void): Promise<void> {
  const began = performance.now();
  if (!(await files.read())) return;
  const mesh = files.mesh();
  if (mesh === undefined) return log("not taken; what ran before goes on");
  const before = new Set(requestsOf(running).map(({name}) => name));
  await running.update(mesh);
  await files.remember(running.plan.owners);
  log(`taken in ${Math.round(performance.now() - began)} ms`);
  for (const request of requestsOf(running)) if (!before.has(request.name)) log(`  ${curlLine(request)}`);
}

function endedByUser(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100_000) {
    throw new InvalidArgumentError("It must be a whole number, 1 to 100000.");
  }
  return value;
}

/** The path of a sample as a person would write it from where they are. */
function sample(name: string): string {
  const path = join(packageRoot, "deploy", "samples", name);
  const near = join("deploy", "samples", name);
  return existsSync(near) && join(process.cwd(), near) === path ? near : path;
}
