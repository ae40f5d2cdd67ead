import type {Reply} from "./reply.ts";

export interface LoadResult {
  readonly sent: number;
  /** All whose status was not below 400. */
  readonly failed: readonly Reply[];
}

/** Requests at a steady rate, whether or not the ones before have been answered. */
export class Load {
  readonly #ask: () => Promise<Reply>;
  readonly #timer: NodeJS.Timeout;
  readonly #waiting = new Set<Promise<void>>();
  readonly #failed: Reply[] = [];
  readonly #began = performance.now();
  #sent = 0;

  constructor(perSecond: number, ask: () => Promise<Reply>) {
    this.#ask = ask;
    this.#timer = setInterval(() => this.#sendUntil(((performance.now() - this.#began) / 1000) * perSecond), 5);
  }

  /** What has happened so far. */
  get result(): LoadResult {
    return {sent: this.#sent, failed: [...this.#failed]};
  }

  /** Sends no more, and resolves when all are answered. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.#timer);
    await Promise.all(this.#waiting);
    return this.result;
  }

  #sendUntil(count: number): void {
    while (this.#sent < count) {
      this.#sent++;
      const one = this.#ask().then((reply) => {
        if (reply.status === 0 || reply.status >= 400) this.#failed.push(reply);
        this.#waiting.delete(one);
      });
      this.#waiting.add(one);
    }
  }
}
