import {readdirSync, readFileSync} from "node:fs";
import {setPriority} from "node:os";
import type {Mesh, PodView} from "../../test/mesh/client/mesh.ts";

/** Of a worker thread, as `nice` counts. */
const FIRST = -15;

/** The Envoy of a pod as the machine sees it. */
export class Sidecar {
  readonly #mesh: Mesh;
  readonly #pod: PodView;
  readonly #pid: number;
  readonly #workers: readonly string[];

  constructor(mesh: Mesh, pod: PodView) {
    this.#mesh = mesh;
    this.#pod = pod;
    this.#pid = envoyOf(pod.pids["istio-proxy"]!);
    const tasks = `/proc/${this.#pid}/task`;
    const workers = readdirSync(tasks).filter((task) =>
      readFileSync(`${tasks}/${task}/comm`, "utf8").startsWith("wrk:worker_"),
    );
    // The less others interrupt it, the less of its time goes into filling caches again.
    for (const task of workers) setPriority(Number(task), FIRST);
    this.#workers = workers.map((task) => `${tasks}/${task}/schedstat`);
    if (this.#workers.length === 0) throw new Error(`Envoy of pod ${pod.name} shows no worker threads`);
  }

  /** CPU time that its workers have had, in nanoseconds: the first number of each thread's schedstat. */
  workersNs(): number {
    return this.#workers.reduce((sum, file) => sum + Number(readFileSync(file, "utf8").split(" ")[0]), 0);
  }

  /** Bytes that are allocated now, as Envoy's allocator tells, and those of the process in memory. */
  async memory(): Promise<{allocated: number; resident: number}> {
    const {allocated} = JSON.parse(await this.#mesh.envoy(this.#pod, "/memory")) as {allocated: string};
    const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.#pid}/status`, "utf8")) ?? [];
    return {allocated: Number(allocated), resident: Number(kib) * 1024};
  }
}

/** Among the processes that the agent started, and those that they started. */
function envoyOf(agent: number): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const parents = new Map(pids.map((pid) => [Number(pid), parentOf(pid)]));
  const isBelow = (pid: number): boolean => pid === agent || (parents.has(pid) && isBelow(parents.get(pid)!));
  const found = [...parents.keys()].find((pid) => isBelow(pid) && commandOf(pid) === "envoy");
  if (found === undefined) throw new Error(`process ${agent} has started no Envoy`);
  return found;
}

/** The field after the state in `/proc/PID/stat`; the name before it may hold anything. */
function parentOf(pid: string): number {
  const stat = tryRead(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

function commandOf(pid: number): string {
  return tryRead(`/proc/${pid}/comm`).trim();
}

function tryRead(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
