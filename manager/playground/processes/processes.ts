import {type ChildProcess, spawn} from "node:child_process";
import {randomUUID} from "node:crypto";
import {once} from "node:events";
import {mkdtempSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {createInterface} from "node:readline";
import type {Readable, Writable} from "node:stream";
import {builtProgram} from "./built.ts";
import {MARK} from "./marked.ts";

export interface Exit {
  /** Null when a signal ended the process. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface SpawnOptions {
  /** Added to the environment of the playground. */
  env?: Record<string, string>;
  cwd?: string;
  /** Each line that the process prints, without its end. Left out: what it prints is thrown away. */
  onLine?: (line: string, from: "stdout" | "stderr") => void;
}

export interface ProcessesOptions {
  /** Marks the processes and begins the folder's name, so that a later run finds what is left. Left out: one of its own. */
  name?: string;
  /** A command that the reaper runs when all processes have ended: it removes what else the system holds for them. */
  last?: readonly string[];
}

/**
 * The processes of one playground and its temporary folder. All of them end when the playground ends: by `stop`, by a
 * signal, by an error, or by kill -9, because a reaper in a session of its own sees the playground's pipe close.
 */
export class Processes {
  /** A fresh folder, removed after the last process has ended. */
  readonly folder: string;
  readonly #mark: string;
  readonly #reaper: ChildProcess;
  readonly #reaped: Promise<unknown>;
  readonly #stopping = new AbortController();

  private constructor({name, last = []}: ProcessesOptions) {
    this.#mark = name ?? randomUUID();
    this.folder = mkdtempSync(join(tmpdir(), name === undefined ? "meshlane-" : `${name}-`));
    const reaper = [builtProgram("processes/reaper"), this.folder, this.#mark, ...last];
    this.#reaper = spawn(process.execPath, reaper, {
      detached: true,
      stdio: ["pipe", "ignore", "inherit"],
    });
    this.#reaped = new Promise((resolve) => this.#reaper.once("exit", resolve));
    this.#pipe.on("error", () => {});
  }

  static async start(options: ProcessesOptions = {}): Promise<Processes> {
    const processes = new Processes(options);
    await once(processes.#reaper, "spawn");
    return processes;
  }

  /**
   * Starts a process in a session of its own, so that Ctrl-C reaches the playground alone, which then ends the rest.
   * Rejects when the command cannot be started.
   */
  async spawn(name: string, command: string, args: string[], options: SpawnOptions = {}): Promise<Child> {
    if (this.stopping.aborted) throw new Error(`${name}: not started, because the playground is stopping`);
    const output = options.onLine === undefined ? "ignore" : "pipe";
    const started = spawn(command, args, {
      cwd: options.cwd,
      detached: true,
      env: {...process.env, ...options.env, [MARK]: this.#mark},
      stdio: ["ignore", output, output],
    });
    if (options.onLine !== undefined) readLines(started, options.onLine);
    const child = new Child(name, started);
    try {
      await once(started, "spawn");
    } catch (error) {
      throw new Error(`${name}: cannot start ${command}: ${(error as Error).message}`, {cause: error});
    }
    return child;
  }

  /** Ends every process (TERM, after 2 s KILL), removes the folder, and resolves when all of that is done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#pipe.end();
    await this.#reaped;
  }

  /** Aborted when `stop` begins, so that whatever keeps processes running gives up. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get #pipe(): Writable {
    return this.#reaper.stdin!;
  }
}

/** One process of the playground. */
export class Child {
  readonly name: string;
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;

  constructor(name: string, started: ChildProcess) {
    this.name = name;
    this.#process = started;
    this.exited = new Promise((resolve) => started.once("exit", (code, signal) => resolve({code, signal})));
  }

  get pid(): number {
    return this.#process.pid!;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** TERM, and KILL when it has not ended within the grace. */
  async stop(graceMs = 2000): Promise<Exit> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), graceMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}

function readLines(child: ChildProcess, onLine: NonNullable<SpawnOptions["onLine"]>): void {
  const read = (stream: Readable, from: "stdout" | "stderr") =>
    createInterface({input: stream}).on("line", (line) => onLine(line, from));
  read(child.stdout!, "stdout");
  read(child.stderr!, "stderr");
}
