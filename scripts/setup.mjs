import {existsSync, mkdirSync, renameSync, rmSync} from "node:fs";
import {pathToFileURL} from "node:url";
import {contentHash, isStamped, packagesAreFresh, stamp} from "./lib/fresh.mjs";
import {withLock} from "./lib/lock.mjs";
import {at, top} from "./lib/place.mjs";
import {say, step} from "./lib/run.mjs";

const OLDEST_NODE = [20, 19];
const FILTER_SOURCES = ["filter", "asconfig.json", "package-lock.json", "scripts/build-filter.mjs"];
const MANAGER_SOURCES = ["manager", "package-lock.json", "scripts/build-manager.mjs"];

/**
 * Makes the clone ready to run: packages, the filter's modules, the manager in dist. Does only what is not done or is
 * stale (`always`: builds all the same), says so on standard error, and is safe to run twice at once.
 */
export async function setUp({always = false} = {}) {
  checkSystem(process.versions.node, process.platform);
  const wait = () => say("another run is setting up this folder; waiting for it ...");
  await withLock(
    top,
    async () => {
      if (!packagesAreFresh()) await installPackages();
      await buildWhenStale("building the filter", FILTER_SOURCES, at("filter", "build"), buildFilter, always);
      await buildWhenStale("building the manager", MANAGER_SOURCES, at("dist"), buildManager, always);
    },
    wait,
  );
}

export function checkSystem(node, platform) {
  const [major, minor] = node.split(".").map(Number);
  const tooOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  if (tooOld) {
    throw new Error(
      `Node ${node} is too old: Meshlane needs Node ${OLDEST_NODE.join(".")} or newer. See https://nodejs.org`,
    );
  }
  if (platform !== "linux") throw new Error(`This is ${platform}: Meshlane's playground and tests run on Linux only.`);
}

async function installPackages() {
  try {
    await step("installing packages", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  } catch (error) {
    throw new Error(`${error.message}\nThe npm registry must be reachable for this, once.`, {cause: error});
  }
}

async function buildWhenStale(what, sources, output, build, always) {
  const hash = contentHash(sources);
  const file = `${output}/.stamp`;
  if (!always && isStamped(file, hash)) return;
  await build(what, output);
  stamp(file, hash);
}

async function buildFilter(what, output) {
  rmSync(`${output}/.stamp`, {force: true});
  mkdirSync(output, {recursive: true});
  await step(what, process.execPath, [at("scripts", "build-filter.mjs")]);
}

/** Built beside and moved into place: a run that is under way never sees half of it, and nothing old is left. */
async function buildManager(what, output) {
  const [fresh, old] = [`${output}.new`, `${output}.old`];
  for (const folder of [fresh, old]) rmSync(folder, {recursive: true, force: true});
  await step(what, process.execPath, [at("scripts", "build-manager.mjs"), "--output-dir", fresh]);
  if (existsSync(output)) renameSync(output, old);
  renameSync(fresh, output);
  rmSync(old, {recursive: true, force: true});
}

/** Runs the main part of a script; an error becomes its message and the exit code 1. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(() => setUp());
