import {existsSync} from "node:fs";
import {join} from "node:path";
import {Command, InvalidArgumentError, Option} from "commander";
import {loadMesh, type SourceText} from "../model/index.ts";
import {findEnvoy} from "../playground/envoy-binary.ts";
import {type LocalMesh, RunningMesh} from "../playground/mesh.ts";
import {type Answer, flatten, send} from "../playground/path.ts";
import {Processes} from "../playground/processes.ts";
import {progressLine} from "../playground/progress-line.ts";
import {sampleRequests, type SampleRequest, userRequests} from "../playground/sample-requests.ts";
import {curlLine, pathText} from "../playground/text.ts";
import {watchFiles} from "../playground/watch.ts";
import {lockPath, readOwners, writeOwners} from "../render/lock-file.ts";
import {exitCode} from "./exit.ts";
import {readSources, standardInput} from "./files.ts";
import {hasErrors, printProblems, type Terminal} from "./terminal.ts";

interface PlaygroundOptions {
  file?: string[];
  once?: true;
  output?: "json";
  uids?: number;
  withoutFilter?: true;
}

const root = join(import.meta.dirname, "..", "..");
const modules = join(root, "filter", "build");
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

Exit codes: 0 ok, 1 problems found, 2 the command itself is wrong.`;

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
  const lanes = new LaneFiles(options.file, terminal);
  const mesh = await lanes.load();
  if (mesh === undefined) return exitCode.problems;
  if (!existsSync(modules)) throw new Error("the filter's modules are not there: npm run build makes them");
  const envoy = await foundEnvoy();
  const processes = await Processes.start();
  const ended = endedByUser();
  const run = async (): Promise<number> => {
    const began = performance.now();
    log("starting the mesh ...");
    const running = await RunningMesh.start(mesh, await lanes.owners(), {
      processes,
      envoy,
      modules,
      withoutFilter: options.withoutFilter === true,
      log,
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    log(`${running.pods.length} workloads with their sidecars up in ${seconds} s; the edge is ${edgeUrl(running)}`);
    await lanes.remember(running);
    await showRequests(running, options, terminal);
    if (!options.once) await stayUp(running, lanes, ended, log);
    return exitCode.ok;
  };
  try {
    return await Promise.race([run(), ended.then(() => (options.once ? INTERRUPTED : exitCode.ok))]);
  } finally {
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

function edgeUrl({edgePort}: RunningMesh): string {
  return `http://127.0.0.1:${edgePort}/`;
}

/** The files behind `-f` and, where they hold no shop, the sample's. */
class LaneFiles {
  readonly #names: readonly string[];
  readonly #terminal: Terminal;
  #standardInput: SourceText[] | undefined;
  #read: SourceText[] = [];

  constructor(names: readonly string[] | undefined, terminal: Terminal) {
    this.#names = names ?? [samples.lanes];
    this.#terminal = terminal;
  }

  /** Undefined where there are errors; what is wrong has been printed. */
  async load(): Promise<LocalMesh | undefined> {
    const own = await this.#sources();
    const hasShop = own.some(({text}) => /\bkind["']?\s*:\s*["']?Playground\b/.test(text));
    this.#read = hasShop ? own : [...own, ...(await readSources([samples.shop], this.#terminal))];
    const {mesh, problems} = loadMesh(this.#read);
    printProblems(problems, this.#terminal);
    return hasErrors(problems) || !isLocal(mesh) ? undefined : mesh;
  }

  /** Those that can change while the mesh runs. */
  get watched(): string[] {
    return this.#read.map(({name}) => name).filter((name) => name !== standardInput);
  }

  async owners(): ReturnType<typeof readOwners> {
    return this.#lock === undefined ? {} : readOwners(this.#lock);
  }

  /** A folder that may not be written is no reason not to run. */
  async remember({plan}: RunningMesh): Promise<void> {
    if (this.#lock === undefined) return;
    try {
      await writeOwners(this.#lock, plan.owners);
    } catch (error) {
      const message = `${(error as Error).message}: who owns which bucket is forgotten when the playground ends\n`;
      this.#terminal.stderr.write(message);
    }
  }

  get #lock(): string | undefined {
    const [first] = this.watched;
    return first === undefined ? undefined : lockPath(first);
  }

  /** Standard input can be read only once. */
  async #sources(): Promise<SourceText[]> {
    const files = await readSources(
      this.#names.filter((name) => name !== "-"),
      this.#terminal,
    );
    if (this.#names.includes("-")) this.#standardInput ??= await readSources(["-"], this.#terminal);
    return [...files, ...(this.#standardInput ?? [])];
  }
}

function isLocal(mesh: ReturnType<typeof loadMesh>["mesh"]): mesh is LocalMesh {
  return mesh.playground !== undefined;
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

/** Takes every edit of the files until the user ends it. */
async function stayUp(
  running: RunningMesh,
  lanes: LaneFiles,
  ended: Promise<void>,
  log: (line: string) => void,
): Promise<void> {
  log(`Edit ${lanes.watched.join(" or ")}: changes are taken at once. Ctrl-C ends everything.`);
  const stop = watchFiles(lanes.watched, () => takeEdit(running, lanes, log));
  await ended;
  stop();
}

async function takeEdit(running: RunningMesh, lanes: LaneFiles, log: (line: string) => void): Promise<void> {
  const began = performance.now();
  try {
    const mesh = await lanes.load();
    if (mesh === undefined) return log("not taken; what ran before goes on");
    const before = new Set(requestsOf(running).map(({name}) => name));
    await running.update(mesh);
    await lanes.remember(running);
    log(`taken in ${Math.round(performance.now() - began)} ms`);
    for (const request of requestsOf(running)) if (!before.has(request.name)) log(`  ${curlLine(request)}`);
  } catch (error) {
    log(`not taken: ${(error as Error).message}`);
  }
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
  const path = join(root, "deploy", "samples", name);
  const near = join("deploy", "samples", name);
  return existsSync(near) && join(process.cwd(), near) === path ? near : path;
}
