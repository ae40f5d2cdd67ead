import type {Playground} from "../model/index.ts";
import {assignPorts, fixedPorts, type Ports, type SidecarPorts} from "../render/envoy/index.ts";
import {freePorts, isFree} from "./free-ports.ts";

/** The edge's port where the user names none and nobody has it: easy to type. */
const EDGE_PORT = 8080;

/**
 * Ports for what has none in `held`.
 * @throws Error when somebody else listens on a port that the user has fixed
 */
export async function portsFor(playground: Playground, held?: Ports): Promise<Ports> {
  const mine = new Set(
    held ? [held.edge.port, held.edge.admin, ...Object.values(held.sidecars).flatMap(allPorts)] : [],
  );
  for (const {port, what} of fixedListeners(playground)) {
    if (mine.has(port) || (await isFree(port))) continue;
    const remedy = `Free it, or write another one in playground ${playground.metadata.name}`;
    throw new Error(`port ${port} of ${what} is taken. ${remedy}`);
  }
  const workloads = playground.spec.services.flatMap(({calls, workloads: all}) => all.map(() => calls.length + 3));
  const most = workloads.reduce((sum, count) => sum + count, 2);
  const free = await freePorts(most, new Set([...fixedPorts(playground), ...mine]));
  const plain = held === undefined && playground.spec.edge.port === undefined;
  if (plain && (await isFree(EDGE_PORT))) free.unshift(EDGE_PORT);
  return assignPorts(playground, () => free.shift()!, held);
}

/** The same ports without those of some workloads. */
export function withoutPorts({edge, sidecars}: Ports, workloads: ReadonlySet<string>): Ports {
  return {edge, sidecars: Object.fromEntries(Object.entries(sidecars).filter(([name]) => !workloads.has(name)))};
}

/** The ports that the user has fixed for proxies of ours. */
function fixedListeners({spec}: Playground): {port: number; what: string}[] {
  const calls = spec.services.flatMap(({name, calls: callees}) =>
    callees.flatMap(({service, port}) => (port === undefined ? [] : [{port, what: `${name}'s calls to ${service}`}])),
  );
  return [...(spec.edge.port === undefined ? [] : [{port: spec.edge.port, what: "the edge"}]), ...calls];
}

function allPorts({inbound, admin, application, calls}: SidecarPorts): number[] {
  return [inbound, admin, Number(application.split(":").at(-1)), ...Object.values(calls)];
}
