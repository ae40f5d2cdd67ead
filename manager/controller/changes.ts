import type {Api} from "../cluster/api.ts";
import {ClusterError} from "../cluster/failure.ts";
import {isOurs, type KubernetesObject, unrendered} from "../model/kubernetes.ts";
import {PART} from "../render/istio/options.ts";
import type {Write} from "../render/istio/steps.ts";
import {type Change, isThere, mayWrite, merged} from "./compare.ts";
import type {Written} from "./taken.ts";

export interface Changed {
  readonly change: Change;
  /** As it is since, or was until it was deleted. */
  readonly object: KubernetesObject;
  /** As it was before; undefined for one that was created. */
  readonly before?: KubernetesObject | undefined;
}

/** Is told of each change when it is made, so that all are known when a later one fails. */
export type OnChange = (changed: Changed) => void;

interface ChangesOptions {
  readonly dryRun?: boolean | undefined;
  readonly onChange?: OnChange | undefined;
}

/** Writes objects, each with the version that was last seen of it. */
export class Changes {
  readonly #api: Api;
  readonly #known: Map<string, KubernetesObject>;
  readonly #dryRun: boolean;
  readonly #onChange: OnChange;
  #written: Written[] = [];
  #count = 0;

  constructor(
    api: Api,
    known: readonly KubernetesObject[],
    {dryRun = false, onChange = () => {}}: ChangesOptions = {},
  ) {
    this.#api = api;
    this.#known = new Map(known.map((object) => [keyOf(object), object]));
    this.#dryRun = dryRun;
    this.#onChange = onChange;
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** Whether the cluster is not yet as the write wants it. */
  isNeeded(write: Write): boolean {
    if ("delete" in write) return this.#known.has(keyOf(write.delete));
    const live = this.#known.get(keyOf(write.put));
    return live === undefined || !isThere(write.put, unrendered(live));
  }

  /**
   * Those of the writes that change something.
   * @throws ClusterError for the first that would change what is somebody else's
   */
  needed(writes: readonly Write[]): Write[] {
    const needed = writes.filter((write) => this.isNeeded(write));
    for (const write of needed) {
      const wanted = "delete" in write ? write.delete : write.put;
      const live = this.#known.get(keyOf(wanted));
      if (live !== undefined && !mayWrite(wanted, live)) throw notOurs(live);
    }
    return needed;
  }

  /**
   * Writes what is not yet so.
   * @throws ClusterError Conflict or AlreadyExists where somebody else was faster
   */
  async write(write: Write): Promise<void> {
    if (this.needed([write]).length === 0) return;
    if ("delete" in write) await this.#delete(write.delete);
    else await this.#put(write.put);
  }

  /** What has been written since the last call. */
  takeWritten(): Written[] {
    const written = this.#written;
    this.#written = [];
    return written;
  }

  /** Objects of ours as they are now. */
  standing(): KubernetesObject[] {
    return [...this.#known.values()].filter((object) => isOurs(object) && PART in (object.metadata.labels ?? {}));
  }

  async #put(wanted: KubernetesObject): Promise<void> {
    const key = keyOf(wanted);
    const live = this.#known.get(key);
    const dryRun = this.#dryRun;
    const now =
      live === undefined
        ? await this.#api.create(wanted, {dryRun})
        : await this.#api.replace(merged(wanted, live), {dryRun});
    this.#known.set(key, dryRun && live !== undefined ? {...now, metadata: {...now.metadata, ...live.metadata}} : now);
    this.#done({change: live === undefined ? "created" : "configured", object: now, before: live}, {put: now});
  }

  async #delete({kind, apiVersion, metadata}: KubernetesObject): Promise<void> {
    const live = this.#known.get(keyOf({kind, apiVersion, metadata}));
    if (live === undefined) return;
    await this.#api.delete(live, {dryRun: this.#dryRun});
    this.#known.delete(keyOf(live));
    this.#done({change: "deleted", object: live, before: live}, {deleted: live});
  }

  #done(changed: Changed, written: Written): void {
    this.#count++;
    this.#onChange(changed);
    this.#written.push(written);
  }
}

/** Kinds of one name may be of several groups, but a group's versions show the same objects. */
export function keyOf({apiVersion, kind, metadata}: KubernetesObject): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return `${group} ${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

function notOurs(object: KubernetesObject): ClusterError {
  const {kind, metadata} = object;
  const what = `${kind} ${metadata.namespace}/${metadata.name}`;
  return new ClusterError("Other", `${what} is somebody else's, and nothing changed there. Rename or remove it`);
}
