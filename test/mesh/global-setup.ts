import {type ChildProcess, spawn} from "node:child_process";
import {createInterface} from "node:readline";
import {join} from "node:path";
import type {TestProject} from "vitest/node";
import {runningMeshes} from "./client/mesh.ts";
import {type MeshNote, NOTES} from "./mesh.ts";

declare module "vitest" {
  interface ProvidedContext {
    mesh: MeshNote;
  }
}

/** One mesh for all test files: one of their own, or the running one that $MESHLANE_MESH names, like `meshlane0`. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const wanted = process.env["MESHLANE_MESH"];
  if (wanted !== undefined) {
    const running = (await runningMeshes(NOTES)).find(({name}) => name === wanted);
    if (running === undefined) throw new Error(`no mesh ${wanted} runs on this machine`);
    project.provide("mesh", running);
    return async () => {};
  }
  const began = performance.now();
  const {child, note} = await spawnMesh();
  process.stderr.write(`the mesh runs after ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  project.provide("mesh", note);
  return async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  };
}

/** Starts a mesh in a process of its own, which ends when this one does. */
export async function spawnMesh(): Promise<{child: ChildProcess; note: MeshNote}> {
  const here = import.meta.dirname;
  const args = ["--import", join(here, "load-typescript.mjs"), join(here, "main.ts"), "--attached"];
  const child = spawn(process.execPath, args, {stdio: ["pipe", "pipe", "inherit"], detached: true});
  const note = await new Promise<MeshNote>((resolve, reject) => {
    createInterface({input: child.stdout}).once("line", (line) => resolve(JSON.parse(line) as MeshNote));
    child.once("exit", (code) => reject(new Error(`the mesh did not start (exit ${code})`)));
  });
  return {child, note};
}
