import {spawn} from "node:child_process";
import {once} from "node:events";
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {text} from "node:stream/consumers";
import {setTimeout as pause} from "node:timers/promises";

import {findEnvoy} from "../../../../manager/playground/envoy/binary.ts";

const top = join(import.meta.dirname, "..", "..", "..", "..");

export interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of lane files, and the `meshlane playground` that runs them in a process of its own. */
export class PlaygroundProcess {
  readonly folder = mkdtempSync(join(tmpdir(), "meshlane-cli-"));
  /** Standard error, line by line. */
  readonly lines: string[] = [];
  readonly #temporary = join(this.folder, "tmp");
  readonly #waiting = new Set<() => void>();
  #child: ReturnType<typeof spawn> | undefined;
  #output: Promise<Output> | undefined;

  constructor(files: Readonly<Record<string, string>> = {}) {
    mkdirSync(this.#temporary);
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  /** With the files of the sample shop. */
  static sample(): PlaygroundProcess {
    const made = new PlaygroundProcess();
    for (const name of ["shop.yaml", "playground.yaml"]) {
      cpSync(join(top, "deploy", "samples", name), join(made.folder, name));
    }
    return made;
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** @param change must change something */
  edit(name: string, change: (content: string) => string): void {
    const before = this.read(name);
    const after = change(before);
    if (after === before) throw new Error(`nothing to change in ${name}`);
    this.write(name, after);
  }

  /** Starts `meshlane playground ARGS` in the folder. */
  async start(args: readonly string[]): Promise<void> {
    const main = join(top, "dist", "cli", "main.js");
    const child = spawn(process.execPath, [main, "playground", ...args], {
      cwd: this.folder,
      env: {...process.env, MESHLANE_ENVOY: await findEnvoy({version: "1.40.0"}), TMPDIR: this.#temporary},
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    createInterface({input: child.stderr}).on("line", (line) => {
      this.lines.push(line);
      for (const look of this.#waiting) look();
    });
    const closed = once(child, "close") as Promise<[number | null]>;
    this.#output = Promise.all([text(child.stdout), closed]).then(([stdout, [code]]) => {
      for (const look of this.#waiting) look();
      return {code, stdout, stderr: this.lines.join("\n")};
    });
  }

  /** Resolves when the program has ended. */
  get output(): Promise<Output> {
    if (this.#output === undefined) throw new Error("not started");
    return this.#output;
  }

  /** Resolves with the first line of standard error after the first `from` that matches. */
  line(pattern: RegExp, from = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.lines.slice(from).find((line) => pattern.test(line));
        const ended = this.#child?.exitCode !== null;
        if (found === undefined && !ended) return;
        this.#waiting.delete(look);
        if (found === undefined) reject(new Error(`ended without ${pattern}:\n${this.lines.join("\n")}`));
        else resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Makes a change and resolves with the line that says what became of it. */
  async change(make: () => void, outcome = /^taken in /): Promise<string> {
    const from = this.lines.length;
    make();
    return this.line(outcome, from);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ids of the program's own processes, itself among them: those that have its temporary folder in their environment. */
  pids(wanted = ""): number[] {
    const ours = (id: string): boolean => {
      try {
        const entries = readFileSync(`/proc/${id}/environ`, "latin1").split("\0");
        return entries.includes(`TMPDIR=${this.#temporary}`) && entries.some((entry) => entry.startsWith(wanted));
      } catch {
        return false;
      }
    };
    return readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry) && ours(entry))
      .map(Number);
  }

  /** Of the built-in program behind a workload. */
  applicationOf(workload: string): number {
    const [pid] = this.pids(`MESHLANE_WORKLOAD=${workload}`);
    if (pid === undefined) throw new Error(`no application of ${workload} runs`);
    return pid;
  }

  /** What the program still has on the machine. */
  get left(): {processes: number; folders: string[]} {
    return {processes: this.pids().length, folders: readdirSync(this.#temporary)};
  }

  /** Resolves when nothing is left, or with what is left after that time. */
  async gone(withinMs: number): Promise<{processes: number; folders: string[]}> {
    const end = performance.now() + withinMs;
    while (this.left.processes + this.left.folders.length > 0 && performance.now() < end) await pause(50);
    return this.left;
  }

  /** Ends whatever still runs and removes the folder. */
  async remove(): Promise<void> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) {
      this.kill("SIGTERM");
      await this.output;
    }
    await this.gone(20_000);
    rmSync(this.folder, {recursive: true, force: true});
  }
}
