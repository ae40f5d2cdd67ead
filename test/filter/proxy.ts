import {deepStrictEqual} from "node:assert/strict";
import {edge, type Edge} from "../reference/edge.ts";
import {inbound, type Common} from "../reference/inbound.ts";
import {outbound, type Outgoing} from "../reference/outbound.ts";
import {podLane, type Labels, type Pods} from "../reference/pod.ts";
import {Table} from "../reference/table.ts";
import {comparable, hop, locality, node, properties} from "./drive.ts";
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
  except: readonly Labels[] | undefined;
  lane: string | undefined;
  gateway: boolean | undefined;
  pods: Pods | undefined;
  egress: readonly string[];
  /** What the proxy says of itself. */
  labels: Labels;
  router: boolean;
}

/**
 * One proxy for all runs of a property, beside the reference: each run has its own configurations, and what runs before
 * held has expired. Throws where modules and reference differ.
 */
export class Proxy {
  readonly #process = new Process();
  readonly #vms = new Map<string, Vm>();

  /** The two sides of a sidecar. */
  sidecar(
    {common, plainText, except, lane, gateway, pods, egress, labels, router}: Sidecar,
    steps: readonly Step[],
  ): void {
    const table = this.#fresh();
    const self = node(labels, router ? "router~10.0.0.1~gateway.a~a.svc" : undefined);
    const inboundOnly = {...common, plainText, except};
    const outboundOnly = {
      ...common,
      gateway: gateway ?? router,
      lane: lane ?? podLane(pods ?? {}, labels),
      clusters: ["outbound|"],
      egress,
    };
    const into = this.#start("inbound", inboundOnly, self);
    const out = this.#start("outbound-playground", {...common, gateway, lane, pods, mesh: {egress}}, self);
    for (const step of steps) {
      const request = this.#at(step);
      const stream = (step.side === "in" ? into : out).request(request.headers, properties(request));
      const found = [comparable(stream.requestHeaders.list()), hop(stream)];
      stream.end();
      const wanted =
        step.side === "in"
          ? {headers: inbound(inboundOnly, request, table, labels), hop: []}
          : sent(outbound(outboundOnly, request, table));
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

  #start(name: string, configuration: object, self: Properties = {}): Root {
    const vm = this.#vms.get(name) ?? Vm.load(name, this.#process);
    this.#vms.set(name, vm);
    const root = vm.configure({version: 1, ttl: TTL, ...configuration}, self);
    deepStrictEqual(root.accepted, true);
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
