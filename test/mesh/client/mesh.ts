import {readdir, readFile} from "node:fs/promises";
import {Agent, type IncomingMessage, request as httpRequest} from "node:http";
import {join} from "node:path";
import {text} from "node:stream/consumers";
import {parse} from "yaml";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import type {Playground} from "../../../manager/model/playground.ts";
import {type Access, type AnyObject, Api, unless} from "../kubernetes/api.ts";
import type {MeshNote} from "../mesh.ts";
import {run} from "../run.ts";
import {GATEWAY_PORT, INGRESS} from "../shop/ingress.ts";
import {namespaceObject, shopObjects, type ShopOptions} from "../shop/shop.ts";
import {untilReady} from "../kubernetes/ready.ts";
import {until} from "../until.ts";
import {Load} from "./load.ts";
import {type Reply, type Request, shopReply, type ShopReply} from "./reply.ts";
import {SteadyLoad} from "./steady-load.ts";

/** One pod of the mesh as the machine sees it. */
export interface PodView {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  /** Path of its network namespace. */
  readonly netns: string;
  /** Process ids of the containers that run. */
  readonly pids: Readonly<Record<string, number>>;
  /** Paths of the containers' logs. */
  readonly logs: Readonly<Record<string, string>>;
}

const agent = new Agent({keepAlive: true});
const PATIENCE_MS = 15_000;

/** A running mesh, for tests: its API, its pods, and requests from outside and inside. */
export class Mesh {
  readonly note: MeshNote;
  readonly api: Api;
  #gateway: string | undefined;

  private constructor(note: MeshNote, api: Api) {
    this.note = note;
    this.api = api;
  }

  static async connect(note: MeshNote): Promise<Mesh> {
    return new Mesh(note, new Api(await accessOf(note.kubeconfig)));
  }

  /** Path of the kubeconfig of an administrator. */
  get kubeconfig(): string {
    return this.note.kubeconfig;
  }

  /** `IP:PORT`, plain HTTP. */
  get registry(): string {
    return this.note.registry;
  }

  kubectl(...args: string[]): Promise<string> {
    return run(this.note.programs.kubectl, args, {env: {KUBECONFIG: this.kubeconfig}});
  }

  istioctl(...args: string[]): Promise<string> {
    return run(this.note.programs.istioctl, args, {env: {KUBECONFIG: this.kubeconfig}});
  }

  apply(...objects: KubernetesObject[]): Promise<void> {
    return this.api.applyAll(objects);
  }

  /** In the order opposite to `apply`. */
  async delete(...objects: KubernetesObject[]): Promise<void> {
    for (const object of objects.toReversed()) await this.api.delete(object);
  }

  /** Resolves when pods can be made in it. `sidecars: false`: its pods get none. */
  async namespace(name: string, {sidecars = true} = {}): Promise<void> {
    await this.apply(namespaceObject(name, sidecars));
    const path = `/api/v1/namespaces/${name}/serviceaccounts/default`;
    await until(() => this.api.send("GET", path).catch(unless(404)), {
      what: `namespace ${name} has its service account`,
    });
  }

  /** Removes a namespace and resolves when it is gone. */
  async removeNamespace(name: string): Promise<void> {
    const object = namespaceObject(name);
    await this.api.delete(object);
    await until(async () => (await this.api.read(object)) === undefined, {
      what: `namespace ${name} is gone`,
      ms: 120_000,
    });
  }

  /** The services of a playground in a namespace of its own, all ready. */
  async shop(namespace: string, playground: Playground, options?: ShopOptions): Promise<void> {
    await this.namespace(namespace);
    await this.apply(...shopObjects(namespace, playground, options));
    await this.ready(namespace);
  }

  /** Resolves when every Deployment of the namespace has all its pods ready, and no others, and Services lead to them. */
  ready(namespace: string, ms = 180_000): Promise<void> {
    return untilReady(this.api, namespace, {ms});
  }

  /** Sends a request from this machine, outside the mesh, to the gateway `istio-ingress/public`. */
  async request(request: Request = {}): Promise<ShopReply> {
    return shopReply(await send(await this.#gatewayUrl(), request));
  }

  /** Sends a request from this machine, without mTLS, to port 8080 of a pod: where gateways and the shop's programs listen. */
  async requestTo({address}: PodView, request: Request = {}): Promise<ShopReply> {
    return shopReply(await send(`http://${address}:${GATEWAY_PORT}`, request));
  }

  /** Requests to the gateway at a steady rate. `request`: asked for each. */
  load(perSecond: number, request: () => Request): Load {
    return new Load(perSecond, () => this.request(request()));
  }

  /** Requests to the gateway at a steady rate, from a thread of its own; `requests` are sent by turns. */
  async steadyLoad(perSecond: number, ...requests: readonly Request[]): Promise<SteadyLoad> {
    return new SteadyLoad(await this.#gatewayUrl(), perSecond, requests);
  }

  async #gatewayUrl(): Promise<string> {
    this.#gateway ??= (await this.pods(INGRESS, {app: "public"}))[0]?.address;
    return `http://${this.#gateway}:${GATEWAY_PORT}`;
  }

  /** Sends a request from inside a pod, as its program would: through its sidecar if it has one. */
  async requestFrom(
    pod: PodView,
    {url = "/", method = "GET", host, headers = {}, body, timeoutMs = PATIENCE_MS}: Request,
  ): Promise<ShopReply> {
    const [pid] = Object.entries(pod.pids).flatMap(([name, id]) => (name === "istio-proxy" ? [] : [id]));
    if (pid === undefined) throw new Error(`pod ${pod.namespace}/${pod.name} has no program that runs`);
    const all = {...headers, ...(host === undefined ? {} : {host})};
    const asked = JSON.stringify({url, method, headers: all, body, timeoutMs});
    const program = join(import.meta.dirname, "request.mjs");
    const inside = ["-t", String(pid), "-n", "-m", process.execPath, program, asked];
    return shopReply(JSON.parse(await run("nsenter", inside)) as Reply);
  }

  /** The pods of a namespace that carry these labels and are on their node. */
  async pods(namespace: string, labels: Readonly<Record<string, string>> = {}): Promise<PodView[]> {
    const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    const query = `?labelSelector=${encodeURIComponent(selector.join(","))}`;
    const pods = await this.api.list({apiVersion: "v1", plural: "pods", namespace}, query);
    const views = await Promise.all(pods.map((pod) => this.#view(pod)));
    return views.filter((view) => view !== undefined);
  }

  /** The only pod of a namespace with these labels. */
  async pod(namespace: string, labels: Readonly<Record<string, string>>): Promise<PodView> {
    const pods = await this.pods(namespace, labels);
    if (pods.length === 1) return pods[0]!;
    throw new Error(`namespace ${namespace} has ${pods.length} pods with ${JSON.stringify(labels)}, not one`);
  }

  /** Sends a signal to a container's first process, KILL also to all that it started. */
  kill(pod: PodView, container: string, signal: NodeJS.Signals = "SIGKILL"): void {
    const pid = pod.pids[container];
    if (pid === undefined) throw new Error(`container ${container} of pod ${pod.name} does not run`);
    process.kill(signal === "SIGKILL" ? -pid : pid, signal);
  }

  /** What a pod's Envoy answers at its administration port: `/stats`, `/config_dump`, `/clusters`. */
  async envoy(pod: PodView, path: string): Promise<string> {
    const pid = pod.pids["istio-proxy"];
    const asked = JSON.stringify({
      url: `http://127.0.0.1:15000${path}`,
      method: "GET",
      headers: {},
      timeoutMs: PATIENCE_MS,
    });
    const program = join(import.meta.dirname, "request.mjs");
    const inside = ["-t", String(pid), "-n", process.execPath, program, asked];
    return (JSON.parse(await run("nsenter", inside)) as Reply).body;
  }

  async #view({metadata, status}: AnyObject): Promise<PodView | undefined> {
    const {name, namespace = ""} = metadata;
    const {podIP: address = ""} = (status ?? {}) as {podIP?: string};
    try {
      const file = await readFile(join(this.note.folder, "pod-files", namespace, `${name}.json`), "utf8");
      const {netns, containers} = JSON.parse(file) as PodFile;
      const pids: Record<string, number> = {};
      const logs: Record<string, string> = {};
      for (const [container, {pidFile, log}] of Object.entries(containers)) {
        logs[container] = log;
        const pid = await readFile(pidFile, "utf8").catch(() => undefined);
        if (pid !== undefined) pids[container] = Number(pid);
      }
      return {name, namespace, address, netns, pids, logs};
    } catch {
      return undefined;
    }
  }
}

interface PodFile {
  readonly netns: string;
  readonly containers: Readonly<Record<string, {readonly pidFile: string; readonly log: string}>>;
}

/** The notes of the meshes that run on this machine. */
export async function runningMeshes(folder: string): Promise<MeshNote[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
  const notes = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as MeshNote),
  );
  return notes.filter(({pid}) => isAlive(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function accessOf(kubeconfig: string): Promise<Access> {
  const config = parse(await readFile(kubeconfig, "utf8")) as {
    clusters: [{cluster: {server: string; "certificate-authority-data": string}}];
    users: [{user: {token: string}}];
  };
  const {cluster} = config.clusters[0];
  const ca = Buffer.from(cluster["certificate-authority-data"], "base64").toString();
  return {server: cluster.server, ca, token: config.users[0].user.token};
}

/** Never rejects: that there was no answer is part of the reply. */
async function send(
  base: string,
  {url = "/", method = "GET", host, headers = {}, body, timeoutMs = PATIENCE_MS, newConnection}: Request,
): Promise<Reply> {
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const all = {...headers, ...(host === undefined ? {} : {host})};
      const signal = AbortSignal.timeout(timeoutMs);
      const options = {agent: newConnection === true ? false : agent, method, headers: all, signal} as const;
      httpRequest(new URL(url, base), options, resolve).once("error", reject).end(body);
    });
    return {status: response.statusCode!, headers: response.headers, body: await text(response)};
  } catch (error) {
    return {status: 0, headers: {}, body: "", error: (error as Error).message};
  }
}
