import {setTimeout as delay} from "node:timers/promises";

/** Envoy's admin page, on loopback. */
export class Admin {
  readonly #origin: string;

  constructor(port: number) {
    this.#origin = `http://127.0.0.1:${port}`;
  }

  async live(): Promise<boolean> {
    return (await this.#get("/ready")) !== undefined;
  }

  /** The value of one statistic, as text; undefined while it is not there or Envoy does not answer. */
  async stat(name: string): Promise<string | undefined> {
    const pattern = encodeURIComponent(`^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
    const line = (await this.#get(`/stats?filter=${pattern}`))?.split("\n")[0];
    return line?.slice(line.indexOf(": ") + 2).replaceAll('"', "");
  }

  async #get(path: string): Promise<string | undefined> {
    try {
      const response = await fetch(this.#origin + path, {signal: AbortSignal.timeout(1000)});
      return response.ok ? await response.text() : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Asks until the answer is yes, every `everyMs`, for `withinMs` at most. */
export async function until(ask: () => Promise<boolean>, withinMs: number, everyMs = 20): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (!(await ask())) {
    if (performance.now() > end) return false;
    await delay(everyMs);
  }
  return true;
}
