import type {Header} from "./headers.ts";
import type {Vm} from "./host.ts";
import {Stream, type Properties} from "./stream.ts";

/** One configured plugin: a root context. */
export class Root {
  readonly id: number;
  readonly vm: Vm;
  readonly configuration: Buffer;
  readonly properties: Properties;
  /** What `proxy_on_configure` answered. */
  accepted = false;
  configuring = false;
  #streams = 0;
  #removed = false;

  constructor(vm: Vm, configuration: Buffer, properties: Properties) {
    this.vm = vm;
    this.configuration = configuration;
    this.properties = properties;
    this.id = vm.add(this);
  }

  configure(): this {
    const {vm} = this;
    vm.call("proxy_on_context_create", this, this.id, 0);
    const started = vm.call("proxy_on_vm_start", this, this.id, 0);
    if (started === 0) throw new Error("the module refused to start");
    this.configuring = true;
    this.accepted = vm.call("proxy_on_configure", this, this.id, this.configuration.length) !== 0;
    this.configuring = false;
    return this;
  }

  /** A stream whose filter has not been asked yet. */
  stream(headers: readonly Header[], properties: Properties = {}): Stream {
    if (this.#removed) throw new Error(`root ${this.id} takes no new stream: it has been removed`);
    this.#streams += 1;
    return new Stream(this.vm, this, headers, properties);
  }

  /** A stream up to the end of its request headers. */
  request(headers: readonly Header[], properties: Properties = {}): Stream {
    return this.stream(headers, properties).request();
  }

  /** A newer configuration has taken over: the root ends with its last stream. */
  remove(): void {
    if (this.#removed) throw new Error(`root ${this.id} removed twice`);
    this.#removed = true;
    if (this.#streams === 0) this.#delete();
  }

  streamEnded(): void {
    this.#streams -= 1;
    if (this.#removed && this.#streams === 0) this.#delete();
  }

  #delete(): void {
    const {vm} = this;
    // A root that answers 0 asks to be kept until proxy_done, which no module of ours calls.
    if (vm.call("proxy_on_done", this, this.id) === 0) throw new Error(`root ${this.id} refused to end`);
    vm.call("proxy_on_delete", this, this.id);
    vm.delete(this.id);
  }
}
