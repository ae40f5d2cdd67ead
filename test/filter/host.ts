import {readFileSync} from "node:fs";
import {AbiError} from "./abi-error.ts";
import {imports} from "./abi.ts";
import {Guest} from "./guest.ts";
import {Process} from "./process.ts";
import {Root} from "./root.ts";
import {Stream, type Properties} from "./stream.ts";

/** One line that the module logged; level 0 trace, 1 debug, 2 info, 3 warn, 4 error, 5 critical. */
export interface Log {
  level: number;
  context: number;
  text: string;
}

/** Decides what a host call returns instead of doing its work; undefined lets it work. `nth` counts from 1. */
export type Fault = (nth: number) => number | undefined;

const MANDATORY = ["memory", "proxy_abi_version_0_2_1"];
const ALLOCATORS = ["malloc", "proxy_on_memory_allocate"];

/**
 * A host of proxy-wasm ABI 0.2.1 with one instance of a module, that is one worker of a proxy. It follows
 * Envoy's cpp-host in what calls return and throws on what a correct module never does: an unknown import, a missing
 * export, a pointer out of range, a call at the wrong time, a trap.
 */
export class Vm {
  readonly process: Process;
  readonly guest: Guest;
  readonly logs: Log[] = [];
  /** Host calls by name since the last `reset`. */
  readonly calls = new Map<string, number>();
  readonly faults = new Map<string, Fault>();
  /** The context whose callback runs, and the one that `proxy_set_effective_context` chose instead. */
  current: Root | Stream | undefined;
  effective: Root | Stream | undefined;
  /** Set while the module starts or allocates, when Envoy allows next to no call. */
  restricted = true;
  #contexts = new Map<number, Root | Stream>();
  #next = 1;
  #callbacks: Record<string, unknown>;

  constructor(module: WebAssembly.Module, process: Process = new Process()) {
    this.process = process;
    const offered = imports(this);
    for (const {module: space, name, kind} of WebAssembly.Module.imports(module)) {
      if (kind !== "function" || !offered[space]?.[name])
        throw new AbiError(`unknown import ${space}.${name} (${kind})`);
    }
    const names = WebAssembly.Module.exports(module).map((exported) => exported.name);
    for (const name of MANDATORY) if (!names.includes(name)) throw new AbiError(`missing export ${name}`);
    const allocator = ALLOCATORS.find((name) => names.includes(name));
    if (!allocator) throw new AbiError(`missing export ${ALLOCATORS.join(" or ")}`);
    const instance = new WebAssembly.Instance(module, offered);
    this.#callbacks = instance.exports;
    this.guest = new Guest(this, instance.exports, allocator);
    for (const start of ["_initialize", "_start"]) {
      const run = instance.exports[start];
      if (typeof run === "function") {
        run();
        break;
      }
    }
    this.restricted = false;
  }

  /** A module of `filter/build` by its name without `.wasm`. */
  static load(name: string, process?: Process): Vm {
    return new Vm(module(name), process);
  }

  /** A new root context with this configuration; an object is written as JSON. */
  configure(configuration: unknown, properties: Properties = {}): Root {
    return new Root(this, bytes(configuration), properties).configure();
  }

  /** Runs a callback in a context; undefined where the module does not export it. */
  call(name: string, context: Root | Stream, ...args: number[]): number | undefined {
    const callback = this.#callbacks[name];
    if (callback === undefined) return undefined;
    if (this.current) throw new AbiError(`${name} called within a callback`);
    this.current = context;
    this.effective = undefined;
    try {
      return (callback as (...args: number[]) => number | undefined)(...args);
    } finally {
      this.current = undefined;
      this.effective = undefined;
    }
  }

  add(context: Root | Stream): number {
    const id = this.#next++;
    this.#contexts.set(id, context);
    return id;
  }

  delete(id: number): void {
    this.#contexts.delete(id);
  }

  context(id: number): Root | Stream | undefined {
    return this.#contexts.get(id);
  }

  /** Counts a host call; returns the status that a test has put in its place. */
  enter(name: string): number | undefined {
    const nth = (this.calls.get(name) ?? 0) + 1;
    this.calls.set(name, nth);
    return this.faults.size === 0 ? undefined : this.faults.get(name)?.(nth);
  }

  /** Forgets calls and logs. */
  reset(): void {
    this.calls.clear();
    this.logs.length = 0;
  }

  /** Calls by name, as a plain object for comparison. */
  counted(): Record<string, number> {
    return Object.fromEntries(this.calls);
  }
}

const modules = new Map<string, WebAssembly.Module>();

/** A module of `filter/build`, compiled once. */
export function module(name: string): WebAssembly.Module {
  let found = modules.get(name);
  if (!found) {
    found = new WebAssembly.Module(readFileSync(new URL(`../../filter/build/${name}.wasm`, import.meta.url)));
    modules.set(name, found);
  }
  return found;
}

function bytes(configuration: unknown): Buffer {
  if (configuration instanceof Uint8Array) return Buffer.from(configuration);
  return Buffer.from(typeof configuration === "string" ? configuration : JSON.stringify(configuration), "utf8");
}
