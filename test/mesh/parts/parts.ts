import {spawn} from "node:child_process";
import {createHash} from "node:crypto";
import {mkdir, mkdtemp, readdir, readFile, rename, rm, stat} from "node:fs/promises";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {findEnvoy} from "../../../manager/playground/envoy/binary.ts";
import {cacheFolder, type EnvoyVersion, type Progress} from "../../../manager/playground/envoy/wheel.ts";
import {run} from "../run.ts";

/** The folder of `go.mod`. */
const MODULE = import.meta.dirname;

/** The programs of go.mod's `tool` block, as Go names them; `server` is etcd. */
const TOOLS = [
  "crane",
  "istioctl",
  "kube-apiserver",
  "kube-controller-manager",
  "kubectl",
  "oras",
  "pilot-agent",
  "pilot-discovery",
  "server",
] as const;
const OWN = ["streaming"] as const;
/** Small programs with as little as they need: no symbols, no C library. */
const FLAGS = ["-trimpath", "-ldflags=-s -w"];

export type Program = (typeof TOOLS)[number] | (typeof OWN)[number];

/** The programs of the mesh under test, built or fetched, and folders of Go modules. */
export interface Parts {
  readonly envoy: string;
  readonly program: (name: Program) => string;
  /** Folder of a module's sources, whose version is go.mod's. */
  readonly module: (path: "istio.io/istio" | "sigs.k8s.io/gateway-api") => string;
}

interface PartsSearch {
  readonly onProgress: Progress;
  /** Ends a build that is under way. */
  readonly signal?: AbortSignal;
  /** Left out: any Envoy with V8. */
  readonly envoyVersion?: EnvoyVersion;
}

/**
 * Builds the Go programs into the cache folder unless they are there, under the hash of what they are made of, and finds
 * Envoy. Many processes may call this at once.
 */
export async function findParts({onProgress, signal, envoyVersion}: PartsSearch): Promise<Parts> {
  const [tools, own, modules] = await Promise.all([
    built("mesh-parts", ["go.mod"], TOOLS, "tool", {onProgress, signal}),
    ownSources().then((sources) => built("mesh-streaming", sources, OWN, "./streaming", {onProgress, signal})),
    moduleFolders(),
  ]);
  const envoy = await findEnvoy({onProgress, ...(envoyVersion === undefined ? {} : {version: envoyVersion})});
  return {
    envoy,
    program: (name) => join((OWN as readonly string[]).includes(name) ? own : tools, name),
    module: (path) => modules.get(path)!,
  };
}

async function ownSources(): Promise<string[]> {
  const names = await readdir(join(MODULE, "streaming"), {recursive: true});
  const sources = names.filter((name) => name.endsWith(".go") && !name.endsWith("_test.go"));
  return ["go.mod", ...sources.map((name) => join("streaming", name))];
}

async function built(
  name: string,
  sources: readonly string[],
  programs: readonly string[],
  what: string,
  build: Build,
): Promise<string> {
  const folder = join(cacheFolder(), `${name}-${(await hashOf(sources)).slice(0, 16)}-${process.arch}`);
  if (await holds(folder, programs)) return folder;
  await mkdir(cacheFolder(), {recursive: true});
  const work = await mkdtemp(`${folder}.`);
  try {
    await install(what, work, build);
    await rename(work, folder).catch(async (error: unknown) => {
      if (!(await holds(folder, programs))) throw error;
    });
  } finally {
    await rm(work, {recursive: true, force: true});
  }
  return folder;
}

interface Build {
  readonly onProgress: Progress;
  readonly signal: AbortSignal | undefined;
}

async function hashOf(sources: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const source of sources.toSorted()) {
    const content = await readFile(join(MODULE, source), "utf8");
    hash.update(`${source}\0`).update(source === "go.mod" ? versionsOf(content) : content);
  }
  return hash.digest("hex");
}

/** What go.mod says without its comments and order: which modules are named directly changes no program. */
function versionsOf(goMod: string): string {
  const lines = goMod.split("\n").map((line) => line.replace(/\/\/.*/, "").trim());
  return [...new Set(lines)].toSorted().join("\n");
}

async function holds(folder: string, programs: readonly string[]): Promise<boolean> {
  const sizes = await Promise.all(programs.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return sizes.every((info) => info?.isFile());
}

async function install(what: string, into: string, {onProgress, signal}: Build): Promise<void> {
  const began = performance.now();
  let packages = 0;
  const last: string[] = [];
  onProgress(`building the mesh's Go programs (${what}), several minutes the first time ...`);
  const child = spawn("go", ["install", "-v", ...FLAGS, what], {
    cwd: MODULE,
    env: {...process.env, CGO_ENABLED: "0", GOBIN: into},
    stdio: ["ignore", "ignore", "pipe"],
    ...(signal === undefined ? {} : {signal}),
  });
  createInterface({input: child.stderr}).on("line", (line) => {
    packages++;
    last.push(line);
    if (last.length > 20) last.shift();
    const seconds = Math.round((performance.now() - began) / 1000);
    onProgress(`building the mesh's Go programs (${what}): ${packages} packages, ${seconds} s`);
  });
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`go install ${what} failed in ${MODULE}:\n${last.join("\n")}`);
}

async function moduleFolders(): Promise<Map<string, string>> {
  const wanted = ["istio.io/istio", "sigs.k8s.io/gateway-api"];
  const told = await run("go", ["mod", "download", "-json", ...wanted], {cwd: MODULE, timeoutMs: 600_000});
  const modules = JSON.parse(`[${told.trim().replaceAll("}\n{", "},{")}]`) as {Path: string; Dir: string}[];
  return new Map(modules.map(({Path, Dir}) => [Path, Dir]));
}
