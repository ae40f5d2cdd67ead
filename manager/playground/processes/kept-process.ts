import {setTimeout as delay} from "node:timers/promises";

import type {Child} from "./processes.ts";

const BACKOFF_MS = {first: 500, most: 10_000};

export interface KeptOptions {
  /** As it is called when it ends: `the sidecar of cart`. */
  readonly name: string;
  readonly start: () => Promise<Child>;
  /** Aborted when all processes are ending. */
  readonly stopping: AbortSignal;
  readonly log: (line: string) => void;
  /** Called when it has ended without having been stopped. */
  readonly onEnd?: () => void;
}

/** A process that is started again when it ends, later and later, until it is stopped. */
export class KeptProcess {
  readonly #options: KeptOptions;
  readonly #end = new AbortController();
  readonly #stopped: AbortSignal;
  #child: Child | undefined;

  constructor(options: KeptOptions) {
    this.#options = options;
    this.#stopped = AbortSignal.any([this.#end.signal, options.stopping]);
    void this.#run();
  }

  /** Undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#child?.stop();
  }

  async #run(): Promise<void> {
    const {name, start, log, onEnd} = this.#options;
    for (let backoff = BACKOFF_MS.first; !this.#stopped.aborted; backoff = Math.min(2 * backoff, BACKOFF_MS.most)) {
      const began = performance.now();
      const end = await this.#runOnce(start);
      if (this.#stopped.aborted) return;
      onEnd?.();
      if (performance.now() - began > BACKOFF_MS.most) backoff = BACKOFF_MS.first;
      log(`${name} ${end}; it starts again in ${backoff} ms`);
      await delay(backoff, undefined, {signal: this.#stopped}).catch(() => undefined);
    }
  }

  /** @returns how it ended, or why it did not start */
  async #runOnce(start: () => Promise<Child>): Promise<string> {
    try {
      this.#child = await start();
      if (this.#stopped.aborted) await this.#child.stop();
      const {code, signal} = await this.#child.exited;
      return `ended (${signal ?? `exit ${code}`})`;
    } catch (error) {
      return `did not start: ${(error as Error).message}`;
    } finally {
      this.#child = undefined;
    }
  }
}
