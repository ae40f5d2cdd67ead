import {Agent, request} from "node:http";
import {text} from "node:stream/consumers";
import {setTimeout as pause} from "node:timers/promises";

import type {Ask} from "./visit.ts";

/** One answer under load; status 0: the connection broke. */
export interface Answered {
  readonly status: number;
  readonly body: string;
}

export interface Load {
  /** Ends it after the requests that are under way; all answers since it began. */
  stop(): Promise<Answered[]>;
  /** Resolves when so many more requests have been answered. */
  answered(more: number): Promise<void>;
}

/** Leaves the machine room for what the load is to be told apart from. */
const BETWEEN_MS = 5;

/** One request after the other to the edge on that port, each ask on a connection of its own. */
export function startLoad(port: number, asks: readonly Ask[]): Load {
  const answers: Answered[] = [];
  const waiting = new Set<() => void>();
  let stopping = false;
  const workers = asks.map(async (ask) => {
    const agent = new Agent({keepAlive: true, maxSockets: 1});
    while (!stopping) {
      answers.push(await get(port, ask, agent));
      for (const look of waiting) look();
      await pause(BETWEEN_MS);
    }
    agent.destroy();
  });
  return {
    async stop() {
      stopping = true;
      await Promise.all(workers);
      return answers;
    },
    answered(more) {
      const enough = answers.length + more;
      return new Promise((resolve) => {
        const look = (): void => {
          if (answers.length < enough) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
  };
}

function get(port: number, {host = "127.0.0.1", headers = {}}: Ask, agent: Agent): Promise<Answered> {
  return new Promise((resolve) => {
    const lost = (error: Error): void => resolve({status: 0, body: error.message});
    const all = {host: `${host}:${port}`, ...headers};
    request({host: "127.0.0.1", port, agent, headers: all}, (response) => {
      text(response).then((body) => resolve({status: response.statusCode ?? 0, body}), lost);
    })
      .on("error", lost)
      .end();
  });
}

export const failures = (answers: readonly Answered[]): Answered[] => answers.filter(({status}) => status !== 200);
