import {once} from "node:events";
import {createServer, type Http2Server, type Http2Session, type ServerHttp2Stream} from "node:http2";
import type {AddressInfo} from "node:net";
import {text} from "node:stream/consumers";

import {type Files, fileName, versionOf} from "../../render/envoy/index.ts";

/** What Envoy asks (xDS `DiscoveryRequest` as JSON). */
interface Question {
  readonly version_info?: string;
  readonly node: {readonly id: string};
  readonly resource_names?: readonly string[];
}

/** One thing that one proxy wants to be told of. */
interface Subscription {
  readonly proxy: string;
  readonly path: string;
  /** The version that the proxy runs; empty before its first. */
  running: string;
  /** The version that it was told last. */
  told: string;
  waiting: ServerHttp2Stream | undefined;
}

/** How long proxies have to take a change; they answer within milliseconds. */
const PATIENCE_MS = 3000;

/**
 * Tells the proxies their configuration by xDS over REST: each question is held until there is a version that the proxy does
 * not run, and the next question says what it has taken. Listens on 127.0.0.1.
 */
export class DiscoveryServer {
  readonly #server: Http2Server = createServer();
  readonly #sessions = new Map<Http2Session, Map<string, Subscription>>();
  readonly #refused: (proxy: string, path: string) => void;
  #files: Files = {};
  #changed = new Set<() => void>();

  private constructor(refused: (proxy: string, path: string) => void) {
    this.#refused = refused;
    this.#server.on("session", (session) => {
      this.#sessions.set(session, new Map());
      session.once("close", () => this.#sessions.delete(session));
      session.on("error", () => session.destroy());
    });
    this.#server.on("stream", (stream, headers) => {
      stream.on("error", () => stream.destroy());
      void this.#asked(stream, String(headers[":path"]));
    });
  }

  /** @param refused told of each configuration that a proxy did not take */
  static async listen(refused: (proxy: string, path: string) => void): Promise<DiscoveryServer> {
    const server = new DiscoveryServer(refused);
    await once(server.#server.listen(0, "127.0.0.1"), "listening");
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Has the proxies told these files, besides those that they have been told. */
  publish(files: Files): void {
    this.#files = {...this.#files, ...files};
    for (const subscription of this.#subscriptions()) this.#tell(subscription);
  }

  /** Forgets the files of which `keep` is false. Proxies that still ask for one wait. */
  prune(keep: (path: string) => boolean): void {
    this.#files = Object.fromEntries(Object.entries(this.#files).filter(([path]) => keep(path)));
  }

  /**
   * Resolves when every proxy that asks for one of these files runs what was published of it, or after three seconds.
   * @returns the proxies that do not run it
   */
  async confirmed(paths: readonly string[]): Promise<string[]> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const late = [...this.#subscriptions()].filter(
        ({path, running}) => paths.includes(path) && path in this.#files && running !== this.#version(path),
      );
      const left = end - performance.now();
      if (late.length === 0 || left <= 0) return [...new Set(late.map(({proxy}) => proxy))];
      await this.#nextQuestion(left);
    }
  }

  close(): void {
    for (const session of this.#sessions.keys()) session.destroy();
    this.#server.close();
  }

  async #asked(stream: ServerHttp2Stream, url: string): Promise<void> {
    const subscriptions = stream.session && this.#sessions.get(stream.session);
    const question = await text(stream).then(parse, () => undefined);
    const path = question && pathOf(url, question);
    if (!subscriptions || !path || stream.destroyed) return void stream.destroy();
    const subscription = this.#subscribe(subscriptions, path, question, stream);
    stream.once("close", () => {
      if (subscription.waiting === stream) subscriptions.delete(path);
    });
    this.#tell(subscription);
    for (const wake of this.#changed) wake();
  }

  #subscribe(
    subscriptions: Map<string, Subscription>,
    path: string,
    {node, version_info: running = ""}: Question,
    stream: ServerHttp2Stream,
  ): Subscription {
    const held = subscriptions.get(path);
    // A proxy that had the file and has not any more has begun anew: the cluster or filter was gone in between.
    const before = running === "" && held?.running !== "" ? undefined : held;
    const subscription = {proxy: node.id, path, running, told: before?.told ?? running, waiting: stream};
    subscriptions.set(path, subscription);
    if (before && before.told !== running && before.running === running) this.#refused(node.id, path);
    return subscription;
  }

  /** A version that the proxy was told and did not take is not told again. */
  #tell(subscription: Subscription): void {
    const {path, told, waiting} = subscription;
    const file = this.#files[path];
    const version = this.#version(path);
    if (!file || !waiting || waiting.destroyed || version === told) return;
    subscription.waiting = undefined;
    subscription.told = version;
    waiting.respond({":status": 200, "content-type": "application/json"});
    waiting.end(JSON.stringify(file));
  }

  #version(path: string): string {
    return versionOf(this.#files[path]);
  }

  *#subscriptions(): Iterable<Subscription> {
    for (const subscriptions of this.#sessions.values()) yield* subscriptions.values();
  }

  #nextQuestion(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#changed.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, withinMs);
      this.#changed.add(wake);
    });
  }
}

function parse(body: string): Question | undefined {
  try {
    const question = JSON.parse(body) as Question;
    return typeof question.node?.id === "string" ? question : undefined;
  } catch {
    return undefined;
  }
}

/** The file that a proxy asks for; the names are those of `renderEnvoy`. */
function pathOf(url: string, {node, resource_names: [name] = []}: Question): string | undefined {
  if (url === "/v3/discovery:clusters") return "clusters.json";
  if (name === undefined) return undefined;
  if (url === "/v3/discovery:endpoints") return `endpoints/${fileName(name)}.json`;
  if (url === "/v3/discovery:routes") return `routes/${fileName(name)}.json`;
  if (url === "/v3/discovery:extension_configs") return `proxies/${node.id}/${name.replace("meshlane.", "")}.json`;
  return undefined;
}
