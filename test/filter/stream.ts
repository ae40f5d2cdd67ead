import {HeaderMap, type Header} from "./headers.ts";
import type {Vm} from "./host.ts";
import type {Root} from "./root.ts";

/** Properties by their path, parts joined by NUL; values are byte strings as Envoy hands them out. */
export type Properties = Record<string, string | undefined>;

/** One request: a context of its own below the root that its filter belongs to. */
export class Stream {
  readonly requestHeaders: HeaderMap;
  responseHeaders: HeaderMap | undefined;
  readonly id: number;
  readonly vm: Vm;
  readonly root: Root;
  readonly properties: Properties;
  /** The callback that runs now: only its headers may be changed. */
  phase: "request" | "response" | "end" | "idle" = "idle";
  #created = false;
  #ended = false;

  constructor(vm: Vm, root: Root, headers: readonly Header[], properties: Properties) {
    this.vm = vm;
    this.root = root;
    this.id = vm.add(this);
    this.requestHeaders = new HeaderMap(headers);
    this.properties = properties;
  }

  /** Context creation and `proxy_on_request_headers`, as Envoy's decodeHeaders does both in one go. */
  request(endOfStream = true): this {
    const {vm} = this;
    this.#created = true;
    vm.call("proxy_on_context_create", this, this.id, this.root.id);
    this.phase = "request";
    const size = this.requestHeaders.list().length;
    this.#continues(vm.call("proxy_on_request_headers", this, this.id, size, endOfStream ? 1 : 0));
    this.phase = "idle";
    return this;
  }

  /** `proxy_on_response_headers`; returns the headers after the filter. */
  respond(headers: readonly Header[] = [[":status", "200"]]): HeaderMap {
    const {vm} = this;
    const map = new HeaderMap(headers);
    this.responseHeaders = map;
    if (!this.#created) return map;
    this.phase = "response";
    this.#continues(vm.call("proxy_on_response_headers", this, this.id, headers.length, 1));
    this.phase = "idle";
    return map;
  }

  /** The end of the stream; when it was the last of a root that has been removed, the root ends too. */
  end(): void {
    if (this.#ended) throw new Error(`stream ${this.id} ended twice`);
    this.#ended = true;
    const {vm} = this;
    if (this.#created) {
      this.phase = "end";
      vm.call("proxy_on_log", this, this.id);
      vm.call("proxy_on_done", this, this.id);
      vm.call("proxy_on_delete", this, this.id);
    }
    vm.delete(this.id);
    this.root.streamEnded();
  }

  #continues(action: number | undefined): void {
    if (action !== undefined && action !== 0) throw new Error(`the filter stopped stream ${this.id}: action ${action}`);
  }
}
