import {execFile} from "node:child_process";
import {mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {promisify} from "node:util";
import {clusterFacts} from "../../manager/compile/cluster-objects.ts";
import {compileMesh} from "../../manager/compile/index.ts";
import {moduleDigests} from "../../manager/image/index.ts";
import {loadMesh, traceIds} from "../../manager/model/index.ts";
import {type IstioOptions, renderIstio, type Rendering} from "../../manager/render/istio/index.ts";
import {CLI} from "./command.ts";
import {gateway, lanes, laneServices, services, textOf, type Way} from "./scenario.ts";
import {median} from "./statistics.ts";

const REGISTRY = "registry.example.com/mesh";
const IN_PROCESS_RUNS = 9;
const CLI_RUNS = 5;
const run = promisify(execFile);

/** What becomes of 500 lanes without a cluster. Times are medians, in milliseconds. */
export interface Offline {
  /** Facts, compile and render, in process, as wall-clock time and as CPU time of the process. */
  readonly renderMs: number;
  readonly renderCpuMs: number;
  /** Reading and checking the lanes' texts, before. */
  readonly loadMs: number;
  /** `meshlane render --target istio` from its start to its end, one file with all objects in, a folder out. */
  readonly commandMs: number;
  readonly objects: number;
  readonly bytes: number;
  readonly largest: {readonly name: string; readonly bytes: number};
  /** Notices of the rendering: none is expected. */
  readonly notices: number;
  /** What `istioctl analyze` says of it by level; undefined where there is no istioctl. */
  readonly analyze?: Readonly<Record<string, number>>;
}

/** @param istioctl path of the program, if there is one */
export async function measureOffline(way: Way, istioctl?: string): Promise<Offline> {
  const folder = await mkdtemp(join(tmpdir(), "meshlane-scale-"));
  try {
    const cluster = [...services(), ...laneServices(), gateway];
    const files = [join(folder, "lanes.yaml"), join(folder, "cluster.yaml")] as const;
    await writeFile(files[0], textOf(lanes(way)));
    await writeFile(files[1], textOf(cluster));
    const inProcess = await measureInProcess(way);
    const output = join(folder, "out");
    const commandMs = await measureCommand(files, output);
    const analyze = istioctl === undefined ? {} : {analyze: await analyzed(istioctl, output, files[1])};
    return {...inProcess, commandMs, ...analyze};
  } finally {
    await rm(folder, {recursive: true});
  }
}

async function measureInProcess(way: Way) {
  const text = textOf(lanes(way));
  const cluster = [...services(), ...laneServices(), gateway];
  const options = await istioOptions();
  const times: {loadMs: number; renderMs: number; renderCpuMs: number}[] = [];
  let rendering: Rendering | undefined;
  for (let turn = 0; turn < IN_PROCESS_RUNS; turn++) {
    const began = performance.now();
    const {mesh} = loadMesh([{name: "lanes.yaml", text}]);
    const loaded = performance.now();
    const cpu = process.cpuUsage();
    const facts = clusterFacts(cluster);
    rendering = renderIstio(compileMesh(mesh, facts, {}), mesh, facts, options);
    const {user, system} = process.cpuUsage(cpu);
    const ended = performance.now();
    times.push({loadMs: loaded - began, renderMs: ended - loaded, renderCpuMs: (user + system) / 1000});
  }
  const of = (part: keyof (typeof times)[0]): number => median(times.map((each) => each[part]));
  return {
    loadMs: of("loadMs"),
    renderMs: of("renderMs"),
    renderCpuMs: of("renderCpuMs"),
    notices: rendering!.notices.length,
    ...sizesOf(rendering!),
  };
}

async function istioOptions(): Promise<IstioOptions> {
  const mesh = {traceIds, plainText: false};
  const digests = await moduleDigests();
  const fixed = {version: "0.0.0", extensionApi: "WasmPlugin", nativeSupported: true, adopt: []} as const;
  return {mesh, registry: REGISTRY, digests, ...fixed};
}

async function measureCommand([lanesFile, clusterFile]: readonly [string, string], output: string): Promise<number> {
  const args = ["render", "-f", lanesFile, "-f", clusterFile, "--target", "istio", "--registry", REGISTRY];
  const times: number[] = [];
  for (let turn = 0; turn < CLI_RUNS; turn++) {
    const began = performance.now();
    await run(process.execPath, [CLI, ...args, "--output-dir", output]);
    times.push(performance.now() - began);
  }
  return median(times);
}

/** The bytes of objects as JSON without white space, which is what the API server gets. */
function sizesOf({objects}: Rendering): Pick<Offline, "objects" | "bytes" | "largest"> {
  const sizes = objects.map((object) => ({
    name: `${object.kind} ${object.metadata.name}`,
    bytes: Buffer.byteLength(JSON.stringify(object)),
  }));
  const largest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return {objects: sizes.length, bytes: sizes.reduce((sum, {bytes}) => sum + bytes, 0), largest};
}

async function analyzed(istioctl: string, folder: string, cluster: string): Promise<Record<string, number>> {
  const args = ["analyze", "--use-kube=false", "--output", "json", folder, cluster];
  const options = {maxBuffer: 1 << 27};
  const {stdout} = await run(istioctl, args, options).catch((error: {stdout?: string}) => {
    // It ends with an exit code of its own when it has something to say.
    if (error.stdout === undefined || error.stdout === "") throw error;
    return {stdout: error.stdout};
  });
  const messages = JSON.parse(stdout) as {level: string; code: string}[];
  const counts: Record<string, number> = {Error: 0};
  for (const {level} of messages) counts[level] = (counts[level] ?? 0) + 1;
  return counts;
}
