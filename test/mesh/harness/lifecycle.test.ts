import {type ChildProcess, spawn} from "node:child_process";
import {createInterface} from "node:readline";
import {join} from "node:path";
import {expect, onTestFinished, test} from "vitest";
import {spawnMesh} from "../global-setup.ts";
import {run} from "../run.ts";
import {traces} from "./traces.ts";

const here = join(import.meta.dirname, "..");
const top = join(here, "..", "..");
const LONG = {timeout: 300_000};

test("A mesh that is ended leaves nothing", LONG, async () => {
  const {child, note} = await spawnMesh();
  expect(await traces(note.name)).toEqual(
    expect.arrayContaining([
      `link ${note.name}`,
      `namespace ${note.name}-1`,
      `note ${note.name}.json`,
      "process envoy",
      "process kube-apiserver",
    ]),
  );
  child.kill("SIGTERM");
  await exited(child);
  expect(await traces(note.name)).toEqual([]);
});

test("A mesh that is killed leaves nothing", LONG, async () => {
  const {child, note} = await spawnMesh();
  child.kill("SIGKILL");
  await exited(child);
  await expect.poll(() => traces(note.name), {timeout: 60_000}).toEqual([]);
});

test("A mesh whose npm run mesh is killed leaves nothing", LONG, async () => {
  const {child, name} = await startedUntil("starting Kubernetes", [join(top, "scripts", "mesh.mjs")]);
  expect(await traces(name)).not.toEqual([]);
  child.kill("SIGKILL");
  await exited(child);
  await expect.poll(() => traces(name), {timeout: 60_000}).toEqual([]);
});

test("Ctrl-C in the middle of the start leaves nothing", LONG, async () => {
  for (const moment of ["starting Kubernetes", "waiting for istiod"]) {
    const {child, name} = await startedUntil(moment);
    expect(await traces(name)).not.toEqual([]);
    child.kill("SIGINT");
    await exited(child);
    expect(await traces(name)).toEqual([]);
  }
});

test("The next mesh removes what one left that was killed with its reaper", LONG, async () => {
  const first = await startedUntil("waiting for istiod");
  for (const reaper of await reapersOf(first.child.pid!)) process.kill(reaper, "SIGKILL");
  first.child.kill("SIGKILL");
  await exited(first.child);
  const left = await traces(first.name);
  expect(left).toEqual(expect.arrayContaining([`link ${first.name}`, "process server"]));

  const next = await startedUntil("starting Kubernetes");
  expect(next.name).toBe(first.name);
  next.child.kill("SIGTERM");
  await exited(next.child);
  expect(await traces(first.name)).toEqual([]);
});

/** A mesh that has come so far as to say this. */
async function startedUntil(
  moment: string,
  program = ["--import", join(here, "load-typescript.mjs"), join(here, "main.ts"), "--every-line"],
): Promise<{child: ChildProcess; name: string}> {
  const child = spawn(process.execPath, program, {stdio: ["ignore", "ignore", "pipe"]});
  onTestFinished(() => void child.kill("SIGTERM"));
  let name = "";
  await new Promise<void>((resolve, reject) => {
    createInterface({input: child.stderr}).on("line", (line) => {
      name = /as (meshlane\d)/.exec(line)?.[1] ?? name;
      if (line.includes(moment)) resolve();
    });
    child.once("exit", (code) => reject(new Error(`it ended (exit ${code}) before it said: ${moment}`)));
  });
  return {child, name};
}

function exited(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", resolve));
}

async function reapersOf(parent: number): Promise<number[]> {
  const children = await run("ps", ["-o", "pid=,args=", "--ppid", String(parent)]);
  return children
    .split("\n")
    .filter((line) => line.includes("reaper.js"))
    .map((line) => Number.parseInt(line, 10));
}
