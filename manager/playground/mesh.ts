import {cp, mkdir, writeFile} from "node:fs/promises";
import {join} from "node:path";

import {compileMesh, type Owners, type Plan, playgroundFacts} from "../compile/index.ts";
import type {Mesh, Playground} from "../model/index.ts";
import {
  assignPorts,
  type Files,
  fixedPorts,
  type Ports,
  renderEnvoy,
  type SidecarPorts,
} from "../render/envoy/index.ts";
import type {JsonObject} from "../render/filter-config.ts";
import {Admin, until} from "./admin.ts";
import {Authority} from "./certificates.ts";
import {freePorts, isFree} from "./free-ports.ts";
import {DiscoveryServer} from "./discovery-server.ts";
import {changeInOrder} from "./order-of-changes.ts";
import {Pod, type PodSpec} from "./pod.ts";
import {KeptProcess} from "./kept-process.ts";
import type {Child, Processes} from "./processes.ts";
import {startEnvoy} from "./start-envoy.ts";

const START_MS = 60_000;

export interface MeshOptions {
  readonly processes: Processes;
  /** Path of the Envoy binary. */
  readonly envoy: string;
  /** Folder of the filter's compiled modules. */
  readonly modules: string;
  readonly withoutFilter: boolean;
  readonly log: (line: string) => void;
}

/** A mesh whose lanes and workloads run on this machine. */
export type LocalMesh = Mesh & {playground: Playground};

/** The running mesh: an edge and one pod a workload. Changes are made one after the other, readiness at once. */
export class RunningMesh {
  readonly #options: MeshOptions;
  readonly #discovery: DiscoveryServer;
  readonly #pods = new Map<string, Pod>();
  #mesh: LocalMesh;
  #plan: Plan;
  #ports: Ports;
  #files: Files = {};
  #authority: Authority | undefined;
  #edge: {bootstrap: JsonObject; process: KeptProcess} | undefined;

  private constructor(mesh: LocalMesh, owners: Owners, ports: Ports, discovery: DiscoveryServer, options: MeshOptions) {
    this.#mesh = mesh;
    this.#plan = compileMesh(mesh, playgroundFacts(mesh.playground), owners);
    this.#ports = ports;
    this.#discovery = discovery;
    this.#options = options;
  }

  /** Resolves when the edge and every workload are ready, but for processes of the user's that are not there yet. */
  static async start(mesh: LocalMesh, owners: Owners, options: MeshOptions): Promise<RunningMesh> {
    const {processes, modules, log} = options;
    const discovery = await DiscoveryServer.listen((proxy, path) => log(`${proxy} refused its ${path}`));
    processes.stopping.addEventListener("abort", () => discovery.close());
    if (processes.stopping.aborted) discovery.close();
    const running = new RunningMesh(mesh, owners, await portsFor(mesh.playground), discovery, options);
    // Once it is stopping its folder is removed, and must not be made anew.
    processes.stopping.throwIfAborted();
    await cp(modules, join(processes.folder, "modules"), {recursive: true});
    await running.#change();
    await running.#started();
    return running;
  }

  get plan(): Plan {
    return this.#plan;
  }

  get mesh(): LocalMesh {
    return this.#mesh;
  }

  get edgePort(): number {
    return this.#ports.edge.port;
  }

  get pods(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  /** Takes other lanes, or another shop. Not to be called again before it has resolved. */
  async update(mesh: LocalMesh): Promise<void> {
    this.#mesh = mesh;
    this.#plan = compileMesh(mesh, playgroundFacts(mesh.playground), this.#plan.owners);
    await this.#change();
  }

  /** Workloads that are to start go first and those that are to end go last, so no route leads to neither. */
  async #change(): Promise<void> {
    this.#ports = await portsFor(this.#mesh.playground, this.#ports);
    const files = this.#render();
    const specs = podSpecs(this.#mesh.playground, this.#ports, files);
    const wanted = new Map(specs.map((spec) => [spec.workload.name, spec]));
    const leaving = this.pods.filter((pod) => !same(pod.spec, wanted.get(pod.name)));
    const coming = specs.filter((spec) => !same(this.#pods.get(spec.workload.name)?.spec, spec));
    for (const pod of leaving) if (wanted.has(pod.name)) await this.#end(pod);
    for (const spec of coming) {
      await this.#prepare(spec.workload.name, spec.bootstrap);
      this.#begin(spec);
    }
    await this.#keepEdge(files["proxies/edge/bootstrap.json"]!);
    await this.#tell(files);
    for (const pod of leaving) if (!wanted.has(pod.name)) await this.#end(pod);
  }

  async #tell(files: Files): Promise<void> {
    const before = this.#files;
    this.#files = files;
    if (Object.keys(before).length === 0) return this.#discovery.publish(files);
    const late = await changeInOrder(this.#discovery, before, files);
    if (late.length > 0) this.#options.log(`not taken in time by the proxies of ${late.join(", ")}`);
  }

  /** Starts the edge, and anew when something changes that it can take only when it starts. */
  async #keepEdge(bootstrap: JsonObject): Promise<void> {
    if (same(bootstrap, this.#edge?.bootstrap)) return;
    await this.#edge?.process.stop();
    await this.#prepare("edge", bootstrap);
    const {processes, envoy, log} = this.#options;
    const start = (): Promise<Child> => startEnvoy(processes, envoy, "edge", log);
    const process = new KeptProcess({name: "the edge", start, stopping: processes.stopping, log});
    this.#edge = {bootstrap, process};
  }

  /** Writes what a proxy finds in its folder when it starts. */
  async #prepare(name: string, bootstrap: JsonObject): Promise<void> {
    const {metadata, spec} = this.#mesh.playground;
    this.#options.processes.stopping.throwIfAborted();
    const folder = join(this.#options.processes.folder, "proxies", name);
    await mkdir(folder, {recursive: true});
    await writeFile(join(folder, "bootstrap.json"), JSON.stringify(bootstrap));
    if (spec.plainText === "accept") return;
    this.#authority ??= await Authority.create();
    const {cert, key} = await this.#authority.issue(`${metadata.namespace}/${name}`);
    await writeFile(join(folder, "cert.pem"), cert);
    await writeFile(join(folder, "key.pem"), key, {mode: 0o600});
    await writeFile(join(folder, "ca.pem"), this.#authority.certificate);
  }

  #begin(spec: PodSpec): void {
    const {processes, envoy, log} = this.#options;
    const pod = new Pod(spec, {processes, envoy, log, onReadiness: () => this.#showReadiness()});
    this.#pods.set(pod.name, pod);
  }

  /** Ends a pod when the proxies know that it takes no more requests. */
  async #end(pod: Pod): Promise<void> {
    this.#pods.delete(pod.name);
    await this.#discovery.confirmed(this.#showReadiness());
    await pod.stop();
  }

  /** Endpoints depend on no order, so they are told at once, also in the middle of a change. */
  #showReadiness(): string[] {
    const endpoints = Object.entries(this.#render()).filter(([path]) => path.startsWith("endpoints/"));
    this.#discovery.publish(Object.fromEntries(endpoints));
    return endpoints.map(([path]) => path);
  }

  #render(): Files {
    const ready = new Set([...this.#pods.values()].filter((pod) => pod.ready).map(({name}) => name));
    const all = this.#mesh.playground.spec.services.flatMap(({workloads}) => workloads.map(({name}) => name));
    return renderEnvoy(this.#plan, this.#mesh.playground, {
      ports: this.#ports,
      source: {manager: this.#discovery.port},
      unready: new Set(all.filter((name) => !ready.has(name))),
      hops: true,
      withoutFilter: this.#options.withoutFilter,
    });
  }

  async #started(): Promise<void> {
    const own = [...this.#pods.values()].filter(({spec}) => spec.workload.address === undefined);
    const edge = new Admin(this.#ports.edge.admin);
    const {stopping} = this.#options.processes;
    const ready = async (): Promise<boolean> => own.every((pod) => pod.ready) && (await edge.live());
    if (await until(async () => stopping.aborted || (await ready()), START_MS, 50)) return stopping.throwIfAborted();
    const missing = own.filter((pod) => !pod.ready).map(({name}) => name);
    throw new Error(`not ready within ${START_MS / 1000} s: ${missing.join(", ") || "edge"}`);
  }
}

function podSpecs({metadata, spec}: Playground, ports: Ports, files: Files): PodSpec[] {
  return spec.services.flatMap(({name, calls, forwards, workloads}) =>
    workloads.map((workload) => ({
      service: `${metadata.namespace}/${name}`,
      workload,
      calls,
      forwards,
      ports: ports.sidecars[workload.name]!,
      bootstrap: files[`proxies/${workload.name}/bootstrap.json`]!,
    })),
  );
}

/** The edge's port where the user names none and nobody has it: easy to type. */
const EDGE_PORT = 8080;

/** @throws Error when somebody else listens on a port that the user has fixed */
async function portsFor(playground: Playground, held?: Ports): Promise<Ports> {
  const mine = new Set(
    held ? [held.edge.port, held.edge.admin, ...Object.values(held.sidecars).flatMap(allPorts)] : [],
  );
  for (const {port, what} of fixedListeners(playground)) {
    if (mine.has(port) || (await isFree(port))) continue;
    throw new Error(
      `port ${port} of ${what} is taken. Free it, or write another one in playground ${playground.metadata.name}`,
    );
  }
  const workloads = playground.spec.services.flatMap(({calls, workloads: all}) => all.map(() => calls.length + 3));
  const most = workloads.reduce((sum, count) => sum + count, 2);
  const free = await freePorts(most, new Set([...fixedPorts(playground), ...mine]));
  if (held === undefined && playground.spec.edge.port === undefined && (await isFree(EDGE_PORT)))
    free.unshift(EDGE_PORT);
  return assignPorts(playground, () => free.shift()!, held);
}

/** The ports that the user has fixed for proxies of ours. */
function fixedListeners({spec}: Playground): {port: number; what: string}[] {
  const calls = spec.services.flatMap(({name, calls: callees}) =>
    callees.flatMap(({service, port}) => (port === undefined ? [] : [{port, what: `${name}'s calls to ${service}`}])),
  );
  return [...(spec.edge.port === undefined ? [] : [{port: spec.edge.port, what: "the edge"}]), ...calls];
}

function allPorts({inbound, admin, application, calls}: SidecarPorts): number[] {
  return [inbound, admin, Number(application.split(":").at(-1)), ...Object.values(calls)];
}

function same<Value>(a: Value | undefined, b: Value | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
