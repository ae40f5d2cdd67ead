import {execFile} from "node:child_process";
import {readFileSync} from "node:fs";
import {rm, writeFile} from "node:fs/promises";
import {join} from "node:path";
import type {KubernetesObject} from "../../manager/model/kubernetes.ts";
import type {Mesh} from "../../test/mesh/client/mesh.ts";
import {textOf} from "./scenario.ts";

export const CLI = join(import.meta.dirname, "..", "..", "dist", "cli", "main.js");
const PATIENCE_MS = 300_000;

/** When a command began, as Unix time, how long it took, and how long the processor worked for it. Milliseconds. */
export interface Timed {
  readonly began: number;
  readonly ms: number;
  readonly cpuMs: number;
}

/** Runs `meshlane VERB -f FILE` as a user does, in a process of its own. */
export async function meshlane(
  mesh: Mesh,
  verb: "apply" | "delete",
  objects: readonly KubernetesObject[],
  ...flags: readonly string[]
): Promise<Timed> {
  const file = join(mesh.note.folder, `scale-${process.pid}.yaml`);
  await writeFile(file, textOf(objects));
  const args = [CLI, verb, "-f", file, "--kubeconfig", mesh.kubeconfig, ...flags];
  const cpu = childrenCpuMs();
  const before = performance.now();
  await new Promise<void>((resolve, reject) => {
    execFile(process.execPath, args, {timeout: PATIENCE_MS, maxBuffer: 1 << 27}, (error, stdout, stderr) => {
      if (error === null) return resolve();
      reject(new Error(`meshlane ${verb} failed: ${(stderr || stdout || error.message).slice(0, 2000)}`));
    });
  });
  const ms = performance.now() - before;
  await rm(file);
  return {began: performance.timeOrigin + before, ms, cpuMs: childrenCpuMs() - cpu};
}

/** Of all children of this process that have ended: `cutime` and `cstime` of proc(5), in ticks of 10 ms. */
function childrenCpuMs(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // What follows the name, which may hold anything, begins with field 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return 10 * (Number(fields[16 - 3]) + Number(fields[17 - 3]));
}
