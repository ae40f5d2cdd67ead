import fc from "fast-check";
import {beforeAll, describe, expect, test} from "vitest";
import {edge} from "../reference/edge.ts";
import {inbound} from "../reference/inbound.ts";
import {outbound} from "../reference/outbound.ts";
import type {Request} from "../reference/request.ts";
import {Table} from "../reference/table.ts";
import {common, groups, podLane, request, strippedRequest} from "./arbitrary.ts";
import {comparable, hop, locality, properties} from "./drive.ts";
import {Vm} from "./host.ts";
import {Process} from "./process.ts";
import type {Root} from "./root.ts";

/** Longer than the small steps of a run together, so that a run does not depend on when a held id is renewed. */
const TTL = 600;
const seconds = (process: Process): number => Number(process.now / 1_000_000_000n);

/** One proxy for all runs of a property: each run has its own configurations, and what runs before held has expired. */
class Proxy {
  readonly process = new Process();
  readonly #vms = new Map<string, Vm>();

  fresh(): Table {
    this.process.pass(10 * TTL);
    return new Table(TTL);
  }

  start(name: string, configuration: object, node = {}): Root {
    const vm = this.#vms.get(name) ?? Vm.load(name, this.process);
    this.#vms.set(name, vm);
    const root = vm.configure({version: 1, ttl: TTL, ...configuration}, node);
    expect(vm.logs).toEqual([]);
    return root;
  }
}

describe("the modules do what the reference does", () => {
  test("inbound and outbound of one sidecar", () => {
    const proxy = new Proxy();
    const sidecar = fc.record({common, plainText: fc.boolean(), lane: podLane, gateway: fc.boolean()});
    const run = fc.property(sidecar, fc.array(request, {minLength: 1, maxLength: 8}), (options, requests) => {
      const table = proxy.fresh();
      const inboundOnly = {...options.common, plainText: options.plainText};
      const lane = options.lane === undefined ? {} : {lane: options.lane};
      const outboundOnly = {...options.common, ...lane, gateway: options.gateway};
      const into = proxy.start("inbound", inboundOnly);
      const out = proxy.start("outbound-playground", outboundOnly);
      for (const {wait, side, ...rest} of requests) {
        proxy.process.pass(wait);
        const asked = {...rest, now: seconds(proxy.process)};
        const stream = (side === "in" ? into : out).request(asked.headers, properties(asked));
        const found = comparable(stream.requestHeaders.list());
        if (side === "in") {
          expect(found).toEqual(comparable(inbound(inboundOnly, asked, table)));
        } else {
          const wanted = outbound({...outboundOnly, clusters: ["outbound|"]}, asked, table);
          expect(found).toEqual(comparable(wanted.headers));
          const {lane: name = "baseline", carrier = "none"} = wanted.context ?? {};
          expect(hop(stream)).toEqual([`${name};${carrier}`]);
        }
        stream.end();
      }
      for (const root of [into, out]) root.remove();
    });
    fc.assert(run, {numRuns: 2000});
  });

  test.each(["edge", "entry"])("%s", (kind) => {
    const proxy = new Proxy();
    const stripped = kind === "edge";
    const place = fc.record({
      region: fc.constantFrom("eu", "a", undefined),
      zone: fc.constantFrom("eu", "ab", undefined),
    });
    const configuration = fc.record({common, groups, plainText: fc.boolean()});
    const requests = fc.array(stripped ? strippedRequest : request, {minLength: 1, maxLength: 6});
    const run = fc.property(configuration, place, requests, (options, node, list) => {
      const table = proxy.fresh();
      const remember = stripped ? {} : {remember: {plainText: options.plainText}};
      const all = {...options.common, stripped, ...remember, groups: options.groups};
      const root = proxy.start("edge-response", all, locality(node.region, node.zone));
      for (const {wait, side: _side, ...rest} of list) {
        proxy.process.pass(wait);
        const asked: Request = {...rest, ...node, now: seconds(proxy.process)};
        const stream = root.request(asked.headers, properties(asked));
        const cookie = stream.respond().get("set-cookie");
        const key = /^uid=([0-9a-f]{32});/.exec(cookie ?? "")?.[1] ?? "none was issued";
        const wanted = edge(all, asked, table, () => key);
        expect(comparable(stream.requestHeaders.list())).toEqual(comparable(wanted.headers));
        expect(cookie !== undefined).toBe(wanted.issued !== undefined);
        stream.end();
      }
      root.remove();
    });
    fc.assert(run, {numRuns: 2000});
  });
});

describe("whatever the configuration's bytes", () => {
  let modules: Vm[] = [];
  beforeAll(() => {
    modules = ["inbound", "outbound", "edge", "edge-response"].map((name) => Vm.load(name));
  });
  const refusedOrAccepted = (configuration: Uint8Array): void => {
    for (const vm of modules) {
      vm.reset();
      const root = vm.configure(configuration);
      expect(vm.logs.length).toBe(root.accepted ? 0 : 1);
      root.request([[":path", "/"]], properties({})).end();
      root.remove();
    }
  };

  test("random bytes are refused with one line", () => {
    fc.assert(fc.property(fc.uint8Array({maxLength: 200}), refusedOrAccepted), {numRuns: 1000});
  });

  test("random JSON is refused with one line", () => {
    const text = fc.json({maxDepth: 4}).map((json) => Buffer.from(json));
    fc.assert(fc.property(text, refusedOrAccepted), {numRuns: 1000});
  });

  test("a valid configuration with some bytes changed never traps", () => {
    const valid = fc
      .record({common, groups})
      .map((one) => JSON.stringify({version: 1, ...one.common, groups: one.groups}));
    const change = fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:0-.e\\tn ')), fc.nat(255)));
    const changed = fc
      .tuple(valid, fc.array(change, {maxLength: 3}), fc.option(fc.nat()))
      .map(([text, changes, cut]) => {
        const bytes = Buffer.from(text);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
      });
    fc.assert(fc.property(changed, refusedOrAccepted), {numRuns: 1000});
  });
});
