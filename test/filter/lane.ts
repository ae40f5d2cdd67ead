import {instantiateSync} from "@assemblyscript/loader";
import type {Request} from "../reference/request.ts";
import type {Condition} from "../reference/conditions.ts";
import {HeaderMap} from "./headers.ts";
import {module} from "./host.ts";

type Export = (...args: (number | bigint)[]) => number | bigint;

const KINDS = ["", "hex", "request", "sw8", "datadog"];

/** The pure part of the filter by itself; `filter/lane/test.ts` describes its raw interface. */
export class Lane {
  #exports: Record<string, unknown>;

  constructor() {
    this.#exports = instantiateSync(module("lane-test"), {}).exports;
  }

  fnv64(text: string): bigint {
    return BigInt.asUintN(64, BigInt(this.#run("fnv64", text)));
  }

  stickyHash(group: string, key: string): bigint {
    return BigInt.asUintN(64, BigInt(this.#run("stickyHash", group, key)));
  }

  stickyBucket(group: string, key: string): number {
    return Number(this.#run("stickyBucket", group, key));
  }

  /** The lane that the baggage names; undefined where it names none. */
  baggageLane(line: string): string | undefined {
    return this.#run("baggageMember", line) === 1 ? this.#result() : undefined;
  }

  baggageOthers(line: string): string {
    this.#run("baggageOthers", line);
    return this.#result();
  }

  /** The id with its kind in front, as the reference gives it. */
  traceId(header: string, value: string): string | undefined {
    if (this.#run("traceId", header, value) === 0) return undefined;
    const found = this.#result();
    return `${KINDS[found.charCodeAt(0)]}:${found.slice(1)}`;
  }

  holds(condition: Condition, request: Request): boolean {
    const at = this.#run("condition", utf8(condition));
    if (at === 0) throw new Error(`refused: ${this.#result()}`);
    this.#headers(request.headers);
    const [source, region, zone] = [request.source, request.region, request.zone].map((one) => this.#give(one ?? ""));
    const places = [...(source ?? []), ...(region ?? []), ...(zone ?? [])];
    return this.#call("conditionHolds")(at, ...places, BigInt(request.now)) === 1;
  }

  /** The lane that an edge of this configuration decides for a request. */
  decide(configuration: object, request: Request): string | undefined {
    if (this.#run("edgeConfiguration", utf8({version: 1, ...configuration}), 0) === 0) throw new Error(this.#result());
    this.#headers(request.headers);
    this.#call("edgeDecides")(...this.#give(request.source ?? ""), BigInt(request.now), 0, 0);
    return this.#result() || undefined;
  }

  /** How many of `count` keys ("0", "1", ...) fall into each bucket of a group. */
  spread(group: string, count: number): Uint32Array {
    this.#call("reset")();
    const found = new Uint32Array(10_000);
    const bucket = this.#call("stickyBucket");
    const name = this.#give(group);
    const [at] = this.#give("0".repeat(16));
    const memory = this.#memory();
    for (let i = 0; i < count; i++) {
      const length = memory.write(String(i), at, "latin1");
      const which = Number(bucket(...name, at, length));
      found[which] = (found[which] ?? 0) + 1;
    }
    return found;
  }

  #run(name: string, ...values: (string | number)[]): number | bigint {
    this.#call("reset")();
    return this.#call(name)(...values.flatMap((one) => (typeof one === "string" ? this.#give(one) : [one])));
  }

  #headers(headers: Request["headers"]): void {
    const [at, length] = this.#give(new HeaderMap(headers).serialise().toString("latin1"));
    this.#call("headers")(at, length);
  }

  #give(text: string): [at: number, length: number] {
    const at = Number(this.#call("input")(text.length));
    this.#memory().write(text, at, "latin1");
    return [at, text.length];
  }

  #result(): string {
    const at = Number(this.#call("resultAt")());
    return this.#memory().toString("latin1", at, at + Number(this.#call("resultLength")()));
  }

  #call(name: string): Export {
    return this.#exports[name] as Export;
  }

  #memory(): Buffer {
    return Buffer.from((this.#exports["memory"] as WebAssembly.Memory).buffer);
  }
}

function utf8(value: object): string {
  return Buffer.from(JSON.stringify(value), "utf8").toString("latin1");
}
