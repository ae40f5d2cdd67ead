import {deepStrictEqual} from "node:assert/strict";
import {edge, type Edge} from "../reference/edge.ts";
import {inbound, type Common} from "../reference/inbound.ts";
import {outbound, type Outgoing} from "../reference/outbound.ts";
import {Table} from "../reference/table.ts";
import {comparable, hop, locality, properties} from "./drive.ts";
import {Vm} from "./host.ts";
import {Process} from "./process.ts";
import type {Root} from "./root.ts";
import type {Properties} from "./stream.ts";

/** Longer than the small steps of a run together, so that a run does not depend on when a held id is renewed. */
const TTL = 600;

/** A request and the seconds that pass before it. */
export type Step = Omit<Outgoing, "now"> & {wait: number; side: "in" | "out"};

export interface Sidecar {
  common: Common;
  plainText: boolean;
  lane: string | undefined;
  gateway: boolean;
}

/**
 * One proxy for all runs of a property, beside the reference: each run has its own configurations, and what runs before
 * held has expired. Throws where modules and reference differ.
 */
export class Proxy {
  readonly #process = new Process();
  readonly #vms = new Map<string, Vm>();

  /** The two sides of a sidecar. */
  sidecar({common, plainText, lane, gateway}: Sidecar, steps: readonly Step[]): void {
    const table = this.#fresh();
    const inboundOnly = {...common, plainText};
    const outboundOnly = {...common, gateway, ...(lane === undefined ? {} : {lane})};
    const into = this.#start("inbound", inboundOnly);
    const out = this.#start("outbound-playground", outboundOnly);
    for (const step of steps) {
      const request = this.#at(step);
      const stream = (step.side === "in" ? into : out).request(request.headers, properties(request));
      const found = [comparable(stream.requestHeaders.list()), hop(stream)];
      stream.end();
      const wanted =
        step.side === "in"
          ? {headers: inbound(inboundOnly, request, table), hop: []}
          : sent(outbound({...outboundOnly, clusters: ["outbound|"]}, request, table));
      deepStrictEqual(found, [comparable(wanted.headers), wanted.hop]);
    }
    into.remove();
    out.remove();
  }

  /** A gateway, or an entry service's inbound side. */
  edge(
    configuration: Edge,
    place: {region?: string | undefined; zone?: string | undefined},
    steps: readonly Step[],
  ): void {
    const table = this.#fresh();
    const root = this.#start("edge-response", configuration, locality(place.region, place.zone));
    for (const step of steps) {
      const request = {...this.#at(step), ...place};
      const stream = root.request(request.headers, properties(request));
      const cookie = stream.respond().get("set-cookie");
      const found = [comparable(stream.requestHeaders.list()), cookie !== undefined];
      stream.end();
      const key = /^uid=([0-9a-f]{32});/.exec(cookie ?? "")?.[1] ?? "none was issued";
      const wanted = edge(configuration, request, table, () => key);
      deepStrictEqual(found, [comparable(wanted.headers), wanted.issued !== undefined]);
    }
    root.remove();
  }

  #fresh(): Table {
    this.#process.pass(10 * TTL);
    return new Table(TTL);
  }

  #start(name: string, configuration: object, node: Properties = {}): Root {
    const vm = this.#vms.get(name) ?? Vm.load(name, this.#process);
    this.#vms.set(name, vm);
    const root = vm.configure({version: 1, ttl: TTL, ...configuration}, node);
    deepStrictEqual(vm.logs, []);
    return root;
  }

  #at({wait, side: _side, ...rest}: Step): Outgoing {
    this.#process.pass(wait);
    return {...rest, now: Number(this.#process.now / 1_000_000_000n)};
  }
}

function sent({headers, context}: ReturnType<typeof outbound>): {headers: typeof headers; hop: string[]} {
  return {headers, hop: [context ? `${context.lane};${context.carrier}` : "baseline;none"]};
}
