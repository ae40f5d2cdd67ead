import {type ChildProcess, spawn} from "node:child_process";
import {once} from "node:events";
import {createInterface} from "node:readline";
import {join} from "node:path";
import type {PodView} from "../../test/mesh/client/mesh.ts";

interface Where {
  /** Any of the mesh: the sidecar goes by the host. */
  readonly address: string;
  readonly host: string;
  readonly lane?: string;
}

export interface Sent {
  readonly sent: number;
  readonly failed: number;
  /** Requests by the workload that answered. */
  readonly answeredBy: Readonly<Record<string, number>>;
}

/** A program in a pod of the mesh that sends requests through the pod's sidecar, on connections that it keeps. */
export class Caller {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(pod: PodView) {
    const [program] = Object.entries(pod.pids).flatMap(([name, pid]) => (name === "istio-proxy" ? [] : [pid]));
    const inside = ["-t", String(program), "-n", "-m", process.execPath, join(import.meta.dirname, "client.mjs")];
    this.#child = spawn("nsenter", inside, {stdio: ["pipe", "pipe", "inherit"]});
    this.#answers = createInterface({input: this.#child.stdout!})[Symbol.asyncIterator]();
  }

  send(count: number, where: Where): Promise<Sent> {
    return this.#ask({...where, count});
  }

  /** Sends until a workload answers. @returns when it did, Unix time in milliseconds */
  async until(workload: string, where: Where, ms: number): Promise<number> {
    const {at} = await this.#ask<{at?: number}>({...where, until: workload, ms});
    if (at === undefined) throw new Error(`${workload} did not answer for ${where.host} within ${ms / 1000} s`);
    return at;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin!.end();
    await ended;
  }

  async #ask<Answer>(what: object): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(what)}\n`);
    const {value, done} = await this.#answers.next();
    if (done === true) throw new Error("the program that sends requests has ended");
    return JSON.parse(value) as Answer;
  }
}
