import {setTimeout as delay} from "node:timers/promises";
import type {Mesh} from "../../test/mesh/client/mesh.ts";

/** What istiod did between two moments. Times in milliseconds. */
export interface Pushes {
  /** By the type of configuration: how many proxies got one, and how long making and sending each took. */
  readonly types: Readonly<Record<string, {readonly count: number; readonly meanMs: number}>>;
  /** From a change to the moment when the proxy had all of it: `pilot_proxy_convergence_time`. */
  readonly convergence: {readonly count: number; readonly meanMs: number; readonly belowMs: number};
}

type Samples = ReadonlyMap<string, number>;

const QUIET_MS = 2000;
const PATIENCE_MS = 120_000;

/** istiod's own metrics before and after something, once it has nothing more to push. */
export async function pushesOf(mesh: Mesh, change: () => Promise<void>): Promise<Pushes> {
  const before = await settled(mesh);
  await change();
  return between(before, await settled(mesh));
}

/** Resolves to what istiod says when it has pushed nothing for a while. */
export async function settled(mesh: Mesh): Promise<Samples> {
  const istiod = await mesh.pod("istio-system", {app: "istiod"});
  return quiet(() => metricsOf(`http://${istiod.address}:15014/metrics`));
}

/** Metrics in the text form of Prometheus: name with labels -> value. */
async function metricsOf(url: string): Promise<Samples> {
  const response = await fetch(url, {signal: AbortSignal.timeout(20_000)});
  const lines = (await response.text()).split("\n").filter((line) => line.startsWith("pilot_"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

async function quiet(read: () => Promise<Samples>): Promise<Samples> {
  const end = performance.now() + PATIENCE_MS;
  let last = await read();
  while (performance.now() < end) {
    await delay(QUIET_MS);
    const now = await read();
    if (sumOf(now, PUSH_COUNT) === sumOf(last, PUSH_COUNT)) return now;
    last = now;
  }
  throw new Error(`istiod pushed for more than ${PATIENCE_MS / 1000} s`);
}

const PUSH_COUNT = "pilot_xds_push_time_count";
const CONVERGENCE = "pilot_proxy_convergence_time";

function between(before: Samples, after: Samples): Pushes {
  const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const types = [...after.keys()]
    .filter((name) => name.startsWith(`${PUSH_COUNT}{`) && grown(name) > 0)
    .map((name): [string, {count: number; meanMs: number}] => {
      const count = grown(name);
      const [, type = ""] = /type="([^"]*)"/.exec(name) ?? [];
      return [type, {count, meanMs: (1000 * grown(name.replace("_count", "_sum"))) / count}];
    });
  const count = grown(`${CONVERGENCE}_count`);
  const meanMs = count === 0 ? 0 : (1000 * grown(`${CONVERGENCE}_sum`)) / count;
  return {
    types: Object.fromEntries(types.sort(byType)),
    convergence: {count, meanMs, belowMs: highest(after, grown, count)},
  };
}

/** The upper end of the bucket that holds the slowest. */
function highest(after: Samples, grown: (name: string) => number, count: number): number {
  const buckets = [...after.keys()].flatMap((name) => {
    const [, end] = /^pilot_proxy_convergence_time_bucket\{le="([^"]*)"\}/.exec(name) ?? [];
    return end === undefined ? [] : [{end: Number(end.replace("+Inf", "Infinity")), holds: grown(name)}];
  });
  const full = buckets.filter(({holds}) => holds >= count).map(({end}) => end);
  return 1000 * Math.min(...full);
}

function sumOf(samples: Samples, prefix: string): number {
  return [...samples].reduce((sum, [name, value]) => (name.startsWith(prefix) ? sum + value : sum), 0);
}

function byType([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
