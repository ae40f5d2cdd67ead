import {randomInt} from "node:crypto";
import {createServer} from "node:net";

/** Below the range from which the kernel takes ports for outgoing connections, so that none of these is taken between. */
const FIRST = 10_000;
const LAST = 32_000;

/**
 * @returns that many ports of 127.0.0.1 that nobody listens on
 * @throws Error when so many are not to be had
 */
export async function freePorts(count: number, taken: ReadonlySet<number> = new Set()): Promise<number[]> {
  const start = randomInt(FIRST, LAST);
  const ports: number[] = [];
  for (let tried = 0; ports.length < count && tried < LAST - FIRST; tried++) {
    const port = FIRST + ((start - FIRST + tried) % (LAST - FIRST));
    if (!taken.has(port) && (await isFree(port))) ports.push(port);
  }
  if (ports.length < count) throw new Error(`only ${ports.length} of ${count} ports are free on 127.0.0.1`);
  return ports;
}

/** Whether nobody listens on that port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen({host: "127.0.0.1", port, exclusive: true}, () => server.close(() => resolve(true)));
  });
}
