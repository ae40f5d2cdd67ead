import {join} from "node:path";
import {Worker} from "node:worker_threads";
import type {Request} from "./reply.ts";

/** A request that was not answered with a status below 400. Times are in milliseconds since the epoch. */
export interface FailedRequest {
  /** Which of the load's requests it was, from 0. */
  readonly turn: number;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly sentAt: number;
  readonly endedAt: number;
  /** The beginning of the answer, or why there was none. */
  readonly said: string;
}

export type Ways = Readonly<Record<string, number>>;

export interface SteadyResult {
  readonly sent: number;
  /** Answers a second to requests at the full rate, until the last of them. */
  readonly perSecond: number;
  /** For each of the load's requests, how many went through these workloads: `{"frontend cart--ann": 512}`. */
  readonly ways: readonly Ways[];
  readonly failed: readonly FailedRequest[];
  /** Until the answer. */
  readonly ms: {readonly p50: number; readonly p99: number; readonly most: number};
}

export interface SteadyProgress {
  readonly sent: number;
  /** How many are not answered yet. */
  readonly waiting: number;
}

interface Answer {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Requests at a steady rate, which is reached within two seconds, whether or not the ones before have been answered. They come from a thread of its own, so that
 * what the test does meanwhile does not delay them.
 */
export class SteadyLoad {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Answer>();
  #last = 0;

  /** @param requests sent by turns to `base`, `http://HOST:PORT` */
  constructor(base: string, perSecond: number, requests: readonly Request[]) {
    const file = join(import.meta.dirname, "steady-load.mjs");
    this.#worker = new Worker(file, {workerData: {base, perSecond, requests}, execArgv: []});
    this.#worker.on("message", ({id, result}: {id: number; result: never}) => {
      this.#asked.get(id)?.resolve(result);
      this.#asked.delete(id);
    });
    this.#worker.on("error", (error) => {
      for (const {reject} of this.#asked.values()) reject(error);
    });
  }

  /** How it is now; asked often it disturbs nothing. */
  progress(): Promise<SteadyProgress> {
    return this.#ask(false);
  }

  /** Sends no more, and resolves when all are answered. */
  stop(): Promise<SteadyResult> {
    return this.#ask(true);
  }

  #ask<Result>(stop: boolean): Promise<Result> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, {resolve, reject});
      this.#worker.postMessage({id, stop});
    });
  }
}
