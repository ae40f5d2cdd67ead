import type {IncomingMessage} from "node:http";
import {Agent, request} from "node:https";
import {createInterface} from "node:readline";
import {text} from "node:stream/consumers";
import {setTimeout as delay} from "node:timers/promises";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";

export interface Access {
  /** `https://IP:PORT` */
  readonly server: string;
  /** PEM of the server's authority. */
  readonly ca: string;
  readonly token: string;
}

export type AnyObject = KubernetesObject & {readonly [key: string]: unknown};
/** `namespace` left out: of all namespaces, or of the cluster. */
export interface Kind {
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespace?: string;
}

class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Body {
  readonly type?: string;
  readonly value: unknown;
}

/** The Kubernetes API as the harness and its tests need it: any kind of object, by the names that the server tells. */
export class Api {
  readonly access: Access;
  readonly #agent: Agent;
  readonly #plurals = new Map<string, Promise<Map<string, Resource>>>();

  constructor(access: Access) {
    this.access = access;
    this.#agent = new Agent({keepAlive: true, ca: access.ca});
  }

  /** Creates or changes by server-side apply, as the owner `mesh-under-test`. */
  async apply(object: KubernetesObject): Promise<AnyObject> {
    const path = await this.pathOf(object);
    const value = object;
    const query = "fieldManager=mesh-under-test&force=true";
    return this.send("PATCH", `${path}?${query}`, {type: "application/apply-patch+yaml", value});
  }

  /** One after the other: what others live in comes first among them. */
  async applyAll(objects: readonly KubernetesObject[]): Promise<void> {
    for (const object of objects) await this.apply(object);
  }

  async delete(object: KubernetesObject, options: object = {}): Promise<void> {
    const path = await this.pathOf(object);
    await this.send("DELETE", path, {value: {propagationPolicy: "Background", ...options}}).catch(unless(404));
  }

  /** Undefined where there is none. */
  async read(object: Pick<KubernetesObject, "apiVersion" | "kind" | "metadata">): Promise<AnyObject | undefined> {
    return this.send("GET", await this.pathOf(object)).catch(unless(404));
  }

  async list(kind: Kind, query = ""): Promise<AnyObject[]> {
    const {items} = await this.send<{items: AnyObject[]}>("GET", `${collection(kind)}${query}`);
    return items;
  }

  /** Strategic merge where the server knows the kind, else a JSON merge patch. `part`: such as `status`. */
  async patch(object: KubernetesObject, value: unknown, part = ""): Promise<AnyObject> {
    const path = await this.pathOf(object);
    const builtIn = !object.apiVersion.includes(".") || object.apiVersion.endsWith(".k8s.io/v1");
    const type = builtIn ? "application/strategic-merge-patch+json" : "application/merge-patch+json";
    return this.send("PATCH", part === "" ? path : `${path}/${part}`, {type, value});
  }

  /** Calls back with each object at once and at each change, until the signal; a broken watch begins anew. */
  async watch(
    kind: Kind,
    on: {set: (object: AnyObject) => void; gone: (object: AnyObject) => void},
    signal: AbortSignal,
  ): Promise<void> {
    const known = new Map<string, AnyObject>();
    const listed = await this.#relist(kind, known, on);
    void this.#follow(kind, known, on, listed, signal);
  }

  async #relist(
    kind: Kind,
    known: Map<string, AnyObject>,
    on: {set: (object: AnyObject) => void; gone: (object: AnyObject) => void},
  ): Promise<string> {
    const {items, metadata} = await this.send<{items: AnyObject[]; metadata: {resourceVersion: string}}>(
      "GET",
      collection(kind),
    );
    const now = new Map(items.map((item) => [item.metadata.uid!, item]));
    for (const [uid, object] of known) {
      if (now.has(uid)) continue;
      known.delete(uid);
      on.gone(object);
    }
    for (const [uid, object] of now) {
      known.set(uid, object);
      on.set(object);
    }
    return metadata.resourceVersion;
  }

  async #follow(
    kind: Kind,
    known: Map<string, AnyObject>,
    on: {set: (object: AnyObject) => void; gone: (object: AnyObject) => void},
    from: string,
    signal: AbortSignal,
  ): Promise<void> {
    let version: string | undefined = from;
    while (!signal.aborted) {
      try {
        version ??= await this.#relist(kind, known, on);
        const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${version}`;
        const response = await this.#request("GET", `${collection(kind)}?${query}`, undefined, signal);
        for await (const line of createInterface({input: response})) {
          const {type, object} = JSON.parse(line) as {type: string; object: AnyObject};
          if (type === "ERROR") throw new Error("the watch is too old");
          version = object.metadata.resourceVersion!;
          if (type === "BOOKMARK") continue;
          if (type === "DELETED") known.delete(object.metadata.uid!);
          else known.set(object.metadata.uid!, object);
          if (type === "DELETED") on.gone(object);
          else on.set(object);
        }
      } catch {
        version = undefined;
        await delay(200, undefined, {signal}).catch(() => undefined);
      }
    }
  }

  async send<Answer = AnyObject>(method: string, path: string, body?: Body): Promise<Answer> {
    const response = await this.#request(method, path, body);
    const answer = await text(response);
    if (response.statusCode! >= 400)
      throw new ApiError(response.statusCode!, `${method} ${path}: ${messageOf(answer)}`);
    return (isJson(response) ? JSON.parse(answer) : answer) as Answer;
  }

  #request(method: string, path: string, body?: Body, signal?: AbortSignal): Promise<IncomingMessage> {
    const data = body === undefined ? undefined : JSON.stringify(body.value);
    const headers = {
      authorization: `Bearer ${this.access.token}`,
      ...(data === undefined
        ? {}
        : {"content-type": body?.type ?? "application/json", "content-length": Buffer.byteLength(data)}),
    };
    return new Promise((resolve, reject) => {
      const options = {method, headers, agent: this.#agent, ...(signal === undefined ? {} : {signal})};
      const outgoing = request(new URL(path, this.access.server), options, resolve);
      outgoing.on("error", reject);
      outgoing.end(data);
    });
  }

  /** Of one object; what the server tells of its kind is asked for once. */
  async pathOf({
    apiVersion,
    kind,
    metadata,
  }: Pick<KubernetesObject, "apiVersion" | "kind" | "metadata">): Promise<string> {
    const {plural, namespaced} = await this.#resource(apiVersion, kind);
    const namespace = namespaced ? (metadata.namespace ?? "default") : undefined;
    return `${collection({apiVersion, plural, ...(namespace === undefined ? {} : {namespace})})}/${metadata.name}`;
  }

  async #resource(apiVersion: string, kind: string, again = false): Promise<Resource> {
    let group = again ? undefined : this.#plurals.get(apiVersion);
    if (group === undefined) this.#plurals.set(apiVersion, (group = this.#discover(apiVersion)));
    const found = (await group.catch(() => undefined))?.get(kind);
    if (found !== undefined) return found;
    // A CRD is served a moment after it was written.
    if (!again) await delay(200);
    if (again) throw new ApiError(404, `the API server knows no ${kind} of ${apiVersion}`);
    for (let tries = 0; tries < 50; tries++) {
      try {
        return await this.#resource(apiVersion, kind, true);
      } catch {
        await delay(100);
      }
    }
    return this.#resource(apiVersion, kind, true);
  }

  async #discover(apiVersion: string): Promise<Map<string, Resource>> {
    const {resources} = await this.send<{resources: {name: string; kind: string; namespaced: boolean}[]}>(
      "GET",
      root(apiVersion),
    );
    const own = resources.filter(({name}) => !name.includes("/"));
    return new Map(own.map(({name, kind, namespaced}) => [kind, {plural: name, namespaced}]));
  }
}

interface Resource {
  plural: string;
  namespaced: boolean;
}

function root(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function collection({apiVersion, plural, namespace}: Kind): string {
  return `${root(apiVersion)}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}`;
}

/** Errors of this status count as nothing found. */
export function unless(status: number): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof ApiError && error.status === status) return undefined;
    throw error;
  };
}

function isJson(response: IncomingMessage): boolean {
  return !!response.headers["content-type"]?.startsWith("application/json");
}

function messageOf(answer: string): string {
  try {
    return (JSON.parse(answer) as {message?: string}).message ?? answer;
  } catch {
    return answer;
  }
}
