import {copyFile, mkdir, readdir} from "node:fs/promises";
import {join} from "node:path";

import {compileMesh, type Owners, type Plan, playgroundFacts} from "../compile/index.ts";
import type {Mesh, Playground} from "../model/index.ts";
import {type Files, type Ports, renderEnvoy} from "../render/envoy/index.ts";
import type {JsonObject} from "../render/filter-config.ts";
import {Admin, until} from "./envoy/admin.ts";
import {DiscoveryServer} from "./envoy/discovery-server.ts";
import {KeptProcess} from "./processes/kept-process.ts";
import {portsFor, withoutPorts} from "./mesh-ports.ts";
import {changeInOrder} from "./envoy/order-of-changes.ts";
import {Pod, type PodSpec} from "./pod.ts";
import type {Child, Processes} from "./processes/processes.ts";
import {ProxyFolders} from "./envoy/proxy-folders.ts";
import {startEnvoy} from "./envoy/start.ts";

/** How long the whole mesh may take to start, and one workload that takes the place of another. */
const START_MS = 60_000;
const ROLL_MS = 10_000;

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

interface State {
  readonly mesh: LocalMesh;
  readonly plan: Plan;
  readonly ports: Ports;
}

/** The running mesh: an edge and one pod a workload. Changes are made one after the other, readiness at once. */
export class RunningMesh {
  readonly #options: MeshOptions;
  readonly #discovery: DiscoveryServer;
  readonly #folders: ProxyFolders;
  readonly #pods = new Map<string, Pod>();
  #state: State;
  #files: Files = {};
  #edge: {bootstrap: JsonObject; process: KeptProcess} | undefined;

  private constructor(state: State, discovery: DiscoveryServer, options: MeshOptions) {
    this.#state = state;
    this.#discovery = discovery;
    this.#options = options;
    this.#folders = new ProxyFolders(options.processes.folder, options.processes.stopping);
  }

  /** Resolves when the edge and every workload are ready, but for processes of the user's that are not there yet. */
  static async start(mesh: LocalMesh, owners: Owners, options: MeshOptions): Promise<RunningMesh> {
    const {processes, modules, log} = options;
    const discovery = await DiscoveryServer.listen((proxy, path) => log(`${proxy} refused its ${path}`));
    processes.stopping.addEventListener("abort", () => discovery.close());
    if (processes.stopping.aborted) discovery.close();
    const plan = compileMesh(mesh, playgroundFacts(mesh.playground), owners);
    const state = {mesh, plan, ports: await portsFor(mesh.playground)};
    const running = new RunningMesh(state, discovery, options);
    processes.stopping.throwIfAborted();
    await copyModules(modules, join(processes.folder, "modules"));
    await running.#change(state);
    await running.#started();
    return running;
  }

  get plan(): Plan {
    return this.#state.plan;
  }

  get mesh(): LocalMesh {
    return this.#state.mesh;
  }

  get edgePort(): number {
    return this.#state.ports.edge.port;
  }

  get edgeUrl(): string {
    return `http://127.0.0.1:${this.edgePort}/`;
  }

  get pods(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  /**
   * Takes other lanes, or another shop. Not to be called again before it has resolved.
   * @throws Error, and changes nothing, when the sidecars are to speak mTLS and did not, or the other way: they would not
   * understand one another in between
   */
  async update(mesh: LocalMesh): Promise<void> {
    const {plan, ports, mesh: before} = this.#state;
    if (mesh.playground.spec.plainText !== before.playground.spec.plainText) {
      throw new Error("spec.plainText of the playground is fixed while it runs: end it and start it again");
    }
    await this.#change({
      mesh,
      plan: compileMesh(mesh, playgroundFacts(mesh.playground), plan.owners),
      ports: await portsFor(mesh.playground, ports),
    });
  }

  /**
   * Workloads that are to start are ready before routes lead to them, and those that are to end end when none does. A
   * workload that must start anew runs beside its successor for a moment, unless the user has fixed a port of theirs.
   */
  async #change(next: State): Promise<void> {
    for (const {pod, spec} of this.#changed(next)) {
      if (hasFixedPorts(pod.spec) || hasFixedPorts(spec)) await this.#end(pod);
    }
    const rolled = new Set(this.#changed(next).map(({pod}) => pod.name));
    const ports = await portsFor(next.mesh.playground, withoutPorts(next.ports, rolled));
    const state = {...next, ports};
    const files = this.#render(state);
    const specs = podSpecs(state, files);

    const leaving = this.pods.filter(
      (pod) =>
        !same(
          pod.spec,
          specs.find((spec) => spec.workload.name === pod.name),
        ),
    );
    const coming = specs.filter((spec) => !same(this.#pods.get(spec.workload.name)?.spec, spec));
    const begun: Pod[] = [];
    for (const spec of coming) begun.push(await this.#begin(spec, state));
    this.#discovery.publish(Object.fromEntries(Object.entries(files).filter(([path]) => !(path in this.#files))));
    if (this.pods.length > 0) await this.#settled(begun);

    this.#state = state;
    for (const {name} of leaving) this.#pods.delete(name);
    for (const pod of begun) this.#pods.set(pod.name, pod);
    await this.#keepEdge(files["proxies/edge/bootstrap.json"]!);
    await this.#tell(this.#render(state));
    await Promise.all(leaving.map((pod) => pod.stop()));
  }

  /** A pod that takes another's place, also under another name, must not be the only one before it is ready. */
  async #settled(pods: readonly Pod[]): Promise<void> {
    const {stopping} = this.#options.processes;
    const waited = pods.filter(({spec}) => spec.workload.address === undefined);
    await until(async () => stopping.aborted || waited.every((pod) => pod.ready), ROLL_MS);
  }

  /** The pods that stay by name but must start anew for the next state, with what they are to be. */
  #changed(next: State): {pod: Pod; spec: PodSpec}[] {
    const specs = podSpecs(next, this.#render(next));
    return this.pods.flatMap((pod) => {
      const spec = specs.find(({workload}) => workload.name === pod.name);
      return spec === undefined || same(pod.spec, spec) ? [] : [{pod, spec}];
    });
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
    await this.#prepare("edge", bootstrap, this.#state);
    const {processes, envoy, log} = this.#options;
    const start = (): Promise<Child> => startEnvoy(processes, envoy, "edge", log);
    const process = new KeptProcess({name: "the edge", start, stopping: processes.stopping, log});
    this.#edge = {bootstrap, process};
  }

  async #begin(spec: PodSpec, state: State): Promise<Pod> {
    await this.#prepare(spec.workload.name, spec.bootstrap, state);
    const {processes, envoy, log} = this.#options;
    const onReadiness = (pod: Pod): void => {
      const {address} = pod.spec.workload;
      if (address !== undefined) log(`${pod.name}: ${address} ${pod.ready ? "answers" : "does not answer"}`);
      this.#showReadiness();
    };
    return new Pod(spec, {processes, envoy, log, onReadiness});
  }

  #prepare(name: string, bootstrap: JsonObject, {mesh}: State): Promise<void> {
    const {metadata, spec} = mesh.playground;
    const identity = spec.plainText === "accept" ? undefined : `${metadata.namespace}/${name}`;
    return this.#folders.prepare(name, bootstrap, identity);
  }

  /** Ends a pod when the proxies know that it takes no more requests. */
  async #end(pod: Pod): Promise<void> {
    this.#pods.delete(pod.name);
    await this.#discovery.confirmed(this.#showReadiness());
    await pod.stop();
  }

  /** Endpoints depend on no order, so they are told at once, also in the middle of a change. */
  #showReadiness(): string[] {
    const endpoints = Object.entries(this.#render(this.#state)).filter(([path]) => path.startsWith("endpoints/"));
    this.#discovery.publish(Object.fromEntries(endpoints));
    return endpoints.map(([path]) => path);
  }

  #render({mesh, plan, ports}: State): Files {
    const ready = new Set(this.pods.filter((pod) => pod.ready).map(({name}) => name));
    const all = mesh.playground.spec.services.flatMap(({workloads}) => workloads.map(({name}) => name));
    return renderEnvoy(plan, mesh.playground, {
      ports,
      source: {manager: this.#discovery.port},
      unready: new Set(all.filter((name) => !ready.has(name))),
      hops: true,
      withoutFilter: this.#options.withoutFilter,
    });
  }

  async #started(): Promise<void> {
    const began = performance.now();
    const {processes, log} = this.#options;
    const edge = new Admin(this.#state.ports.edge.admin);
    const up = ({spec, ready, settled}: Pod): boolean => (spec.workload.address === undefined ? ready : settled);
    const ready = async (): Promise<boolean> => this.pods.every(up) && (await edge.live());
    await until(async () => processes.stopping.aborted || (await ready()), START_MS, 50);
    processes.stopping.throwIfAborted();
    if (!(await ready())) {
      const missing = this.pods.filter((pod) => !up(pod)).map(({name}) => name);
      throw new Error(`not ready within ${START_MS / 1000} s: ${missing.join(", ") || "edge"}`);
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    log(`${this.pods.length} workloads with their sidecars up in ${seconds} s; the edge is ${this.edgeUrl}`);
    for (const {name, spec} of this.pods.filter((pod) => !pod.ready)) {
      log(
        `${name}: ${spec.workload.address} does not answer yet; its callers get 503 or the next of their lane's chain`,
      );
    }
  }
}

/** One by one: a folder that is removed meanwhile must not be made anew. */
async function copyModules(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of await readdir(from)) await copyFile(join(from, name), join(to, name));
}

function podSpecs({mesh, ports}: State, files: Files): PodSpec[] {
  const {metadata, spec} = mesh.playground;
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

function hasFixedPorts({workload, calls}: PodSpec): boolean {
  return workload.address !== undefined || calls.some(({port}) => port !== undefined);
}

function same<Value>(a: Value | undefined, b: Value | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
