/**
 * Measures what 500 lanes over 200 services cost, writes JSON, a table and plots into `bench/results`, and ends.
 * `--quick`: few samples, to try it; nothing is written. $MESHLANE_MESH names a running mesh to use instead of one of its own; what is made in
 * it is removed at the end.
 */
import {mkdir, writeFile} from "node:fs/promises";
import {cpus, loadavg} from "node:os";
import {join} from "node:path";
import {Mesh, runningMeshes} from "../../test/mesh/client/mesh.ts";
import {spawnMesh} from "../../test/mesh/global-setup.ts";
import {type MeshNote, NOTES} from "../../test/mesh/mesh.ts";
import {measureOffline, type Offline} from "./offline.ts";
import {type Amounts, measureOnMesh, type OnMesh} from "./on-mesh.ts";
import {plotApplies, plotRequests} from "./plots.ts";
import {barsOf, tableOf} from "./table.ts";
import {LANES, NAMESPACE, SERVICES, type Way, WAYS} from "./scenario.ts";

/** All that was measured. */
export interface Results {
  readonly machine: {
    readonly cores: number;
    readonly node: string;
    readonly loadBefore: number;
    readonly loadAfter: number;
  };
  readonly lanes: number;
  readonly services: number;
  readonly seconds: number;
  readonly offline: Readonly<Record<Way, Offline>>;
  readonly mesh: OnMesh;
}

const FOLDER = join(import.meta.dirname, "..", "results");
const AMOUNTS: Amounts = {small: 20, large: 20, rounds: {rounds: 120, requests: 100, ms: 180_000}};
const QUICK: Amounts = {small: 2, large: 1, rounds: {rounds: 3, requests: 100, ms: 20_000}};

const isQuick = process.argv.includes("--quick");
const began = performance.now();
const loadBefore = loadavg()[0]!;
const results = await withMesh(measure);
const table = tableOf(results);
if (!isQuick)
  await keep({
    "scale.json": `${JSON.stringify({bars: barsOf(results), ...results}, rounded, 2)}\n`,
    "scale.md": table,
    "scale-requests.svg": plotRequests(results.mesh),
    "scale-apply.svg": plotApplies(results.mesh),
  });
process.stdout.write(table);

async function keep(files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(FOLDER, {recursive: true});
  for (const [name, text] of Object.entries(files)) await writeFile(join(FOLDER, name), text);
}

async function measure(note: MeshNote): Promise<Results> {
  const offline: Partial<Record<Way, Offline>> = {};
  for (const way of WAYS) {
    tell(`${way}: compile and render`);
    offline[way] = await measureOffline(way, note.programs.istioctl);
  }
  const mesh = await Mesh.connect(note);
  const amounts = isQuick ? QUICK : AMOUNTS;
  const onMesh = await measureOnMesh(mesh, amounts, tell);
  return {
    machine: {cores: cpus().length, node: process.versions.node, loadBefore, loadAfter: loadavg()[0]!},
    lanes: LANES,
    services: SERVICES,
    seconds: (performance.now() - began) / 1000,
    offline: offline as Record<Way, Offline>,
    mesh: onMesh,
  };
}

/** With a mesh of its own, which ends afterwards, or with one that runs. */
async function withMesh<Result>(work: (note: MeshNote) => Promise<Result>): Promise<Result> {
  const wanted = process.env["MESHLANE_MESH"];
  if (wanted !== undefined) {
    const running = (await runningMeshes(NOTES)).find(({name}) => name === wanted);
    if (running === undefined) throw new Error(`no mesh ${wanted} runs on this machine`);
    try {
      return await work(running);
    } finally {
      await (await Mesh.connect(running)).removeNamespace(NAMESPACE);
    }
  }
  tell("starting the mesh");
  const {child, note} = await spawnMesh();
  try {
    return await work(note);
  } finally {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
}

function tell(line: string): void {
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
}

/** Four digits that mean something are enough. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
