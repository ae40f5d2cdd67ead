import type {KubernetesObject} from "../model/kubernetes.ts";
import type {Api} from "./api.ts";
import {ClusterError} from "./failure.ts";
import {getFromPod, type PodPort} from "./port-forward.ts";

/** What istiod has sent to a proxy of one type of configuration, by the nonces of the messages. */
export interface Sent {
  readonly sent: string;
  readonly acked: string;
  /** Why the proxy refused the last message. */
  readonly error: string;
}

/** A proxy as istiod knows it. */
export interface Proxy {
  /** `POD.NAMESPACE`, and the istiod that it is connected to. */
  readonly id: string;
  readonly istiod: string;
  readonly namespace: string;
  /** By type URL. */
  readonly resources: Readonly<Record<string, Sent>>;
}

/** Why istiod cannot be asked, as a part of a sentence. */
export interface NotAsked {
  readonly reason: string;
}

interface Pod extends KubernetesObject {
  readonly spec?: {readonly containers?: readonly Container[]};
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly {readonly type: string; readonly status: string}[];
  };
}

interface Container {
  readonly env?: readonly {readonly name: string; readonly value?: string}[];
}

interface SyncStatus {
  readonly proxy?: string;
  readonly resources?: Readonly<Record<string, {sent?: string; acked?: string; lastError?: string}>>;
}

/** Its debug pages; nobody else can connect to it from the pod's loopback, which needs no token. */
const debugPort = 15014;
const debounceMs = 100;

/** All istiods of a control plane, asked through port-forwards. */
export class Istiods {
  readonly #api: Api;
  readonly #pods: readonly PodPort[];
  /** How long istiod waits for more changes before it tells the proxies of one, in milliseconds. */
  readonly debounceMs: number;

  private constructor(api: Api, pods: readonly Pod[], namespace: string) {
    this.#api = api;
    this.#pods = pods.map(({metadata}) => ({namespace, pod: metadata.name, port: debugPort}));
    this.debounceMs = Math.max(...pods.map(debounceOf));
  }

  /** @param namespace where istiod runs */
  static async find(api: Api, namespace: string): Promise<Istiods | NotAsked> {
    const rights = [
      {verb: "list", resource: "pods", namespace},
      {verb: "create", resource: "pods", subresource: "portforward", namespace},
      {verb: "get", resource: "pods", subresource: "portforward", namespace},
    ];
    const [list, create, get] = await Promise.all(rights.map((right) => api.may(right)));
    // Over WebSocket the API server asks for the verb get or create, by its version.
    if (list !== true || (create !== true && get !== true)) {
      return {reason: `you may not forward ports to pods in ${namespace} (list pods, create pods/portforward)`};
    }
    const pods = (await api.list({apiVersion: "v1", kind: "Pod"}, {namespace, labels: "app=istiod"})) as Pod[];
    const ready = pods.filter(isReady);
    if (ready.length === 0) return {reason: `no pod app=istiod is ready in ${namespace}`};
    return new Istiods(api, ready, namespace);
  }

  /** Every proxy that is connected, sorted by id. */
  async proxies(): Promise<Proxy[]> {
    const lists = await Promise.all(
      this.#pods.map(async (pod) => (await this.#ask<SyncStatus[]>(pod, "syncz")).map((one) => proxyOf(one, pod.pod))),
    );
    return lists.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The objects that each istiod has read from the cluster. */
  async objects(): Promise<KubernetesObject[][]> {
    return Promise.all(this.#pods.map((pod) => this.#ask<KubernetesObject[]>(pod, "configz")));
  }

  async #ask<Answer>(pod: PodPort, page: string): Promise<Answer> {
    const text = await getFromPod(this.#api, pod, `/debug/${page}`);
    try {
      return (JSON.parse(text) ?? []) as Answer;
    } catch {
      throw new ClusterError("Other", `/debug/${page} of pod ${pod.namespace}/${pod.pod} is no JSON`);
    }
  }
}

function isReady({status}: Pod): boolean {
  const ready = status?.conditions?.some(({type, status: is}) => type === "Ready" && is === "True") ?? false;
  return status?.phase === "Running" && ready;
}

/** PILOT_DEBOUNCE_AFTER in Go's form, `100ms` or `1s`. */
function debounceOf({spec}: Pod): number {
  const value = spec?.containers?.flatMap(({env = []}) => env).find(({name}) => name === "PILOT_DEBOUNCE_AFTER")?.value;
  const parts = /^([\d.]+)(ms|s)$/.exec(value ?? "");
  return parts === null ? debounceMs : Number(parts[1]) * (parts[2] === "s" ? 1000 : 1);
}

function proxyOf({proxy = "", resources = {}}: SyncStatus, istiod: string): Proxy {
  const states = Object.entries(resources).map(([type, {sent = "", acked = "", lastError = ""}]) => [
    type,
    {sent, acked, error: lastError},
  ]);
  return {
    id: proxy,
    istiod,
    namespace: proxy.slice(proxy.lastIndexOf(".") + 1),
    resources: Object.fromEntries(states) as Record<string, Sent>,
  };
}
