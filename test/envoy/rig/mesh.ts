import {cp, mkdir, writeFile} from "node:fs/promises";
import {join} from "node:path";

import {compileMesh, type Plan, playgroundFacts} from "../../../manager/compile/index.ts";
import {loadMesh, type Playground} from "../../../manager/model/index.ts";
import {Admin, until} from "../../../manager/playground/envoy/admin.ts";
import {Authority} from "../../../manager/playground/envoy/certificates.ts";
import {DiscoveryServer} from "../../../manager/playground/envoy/discovery-server.ts";
import {findEnvoy} from "../../../manager/playground/envoy/binary.ts";
import {freePorts} from "../../../manager/playground/free-ports.ts";
import {type Child, Processes} from "../../../manager/playground/processes/processes.ts";
import {assignPorts, type Files, type Ports, renderEnvoy} from "../../../manager/render/envoy/index.ts";
import type {JsonObject} from "../../../manager/render/filter-config.ts";
import {App, type Identity} from "./app.ts";
import type {Target} from "./client.ts";
import {EXTERNAL, laneObjects, NAMESPACE, playground, type PlaygroundOptions, WORKLOADS} from "./objects.ts";

export interface Setup {
  readonly version: "1.40.0" | "1.37.0";
  readonly workers: number;
}

/** What the tests run on: the full set on one, a wide set on the others. */
export const NEW: Setup = {version: "1.40.0", workers: 2};
export const OLD: Setup = {version: "1.37.0", workers: 2};

export interface MeshOptions extends Setup, PlaygroundOptions {
  /** The workloads whose sidecars run, and `edge`. The others are reached as if their sidecars let everything through. */
  readonly proxies: readonly string[];
  /** Groups and lanes in place of the usual ones. */
  readonly objects?: readonly object[];
  /** Changes a proxy's bootstrap before it starts. */
  readonly bootstrap?: (proxy: string, bootstrap: JsonObject, mesh: TestMesh) => JsonObject;
}

const START_MS = 40_000;

/** A mesh as the product renders it, some of whose proxies are real, and whose applications run in this process. */
export class TestMesh {
  readonly options: MeshOptions;
  readonly apps: ReadonlyMap<string, App>;
  readonly playground: Playground;
  readonly plan: Plan;
  readonly ports: Ports;
  readonly discovery: DiscoveryServer;
  /** Ports for listeners of a test's own. */
  readonly sparePorts: readonly number[];
  /** What the proxies logged, and what they refused. */
  readonly log: string[] = [];
  readonly refused: string[] = [];
  /** A caller of the mesh. */
  readonly caller: Identity;
  readonly #processes: Processes;
  readonly #admins = new Map<string, Admin>();
  #files: Files;

  /** Ports are free when they are chosen; where another process was faster, all is tried again with others. */
  static async start(options: MeshOptions, attempts = 3): Promise<TestMesh> {
    try {
      return await TestMesh.#tryStart(options);
    } catch (error) {
      if (attempts === 1 || !String(error).includes("Address already in use")) throw error;
      return TestMesh.start(options, attempts - 1);
    }
  }

  static async #tryStart(options: MeshOptions): Promise<TestMesh> {
    const authority = await Authority.create();
    const identify = async (name: string): Promise<Identity> => ({
      ...(await authority.issue(`${NAMESPACE}/${name}`)),
      ca: authority.certificate,
    });
    const caller = await identify("caller");
    const apps = await startApps(caller);
    const refused: string[] = [];
    const discovery = await DiscoveryServer.listen((proxy, path) => refused.push(`${proxy} ${path}`));
    const ports = await freePorts(80);
    const mesh = new TestMesh(options, apps, discovery, await Processes.start(), ports, refused, caller);
    try {
      await mesh.#start(identify);
    } catch (error) {
      await mesh.stop();
      throw error;
    }
    return mesh;
  }

  private constructor(
    options: MeshOptions,
    apps: ReadonlyMap<string, App>,
    discovery: DiscoveryServer,
    processes: Processes,
    ports: number[],
    refused: string[],
    caller: Identity,
  ) {
    this.options = options;
    this.apps = apps;
    this.discovery = discovery;
    this.refused = refused;
    this.caller = caller;
    this.#processes = processes;
    const addresses = new Map([...apps].map(([name, {port}]) => [name, `127.0.0.1:${port}`]));
    const lanes = JSON.stringify({kind: "List", items: options.objects ?? laneObjects()});
    const texts = [playground(addresses, options), lanes];
    const {mesh, problems} = loadMesh(texts.map((text, i) => ({name: `text ${i}`, text})));
    const errors = problems.filter(({severity}) => severity === "error");
    if (errors.length > 0 || !mesh.playground) throw new Error(JSON.stringify(errors));
    this.playground = mesh.playground;
    this.plan = compileMesh(mesh, playgroundFacts(mesh.playground), {});
    this.ports = this.#withApps(assignPorts(mesh.playground, () => ports.shift()!));
    this.sparePorts = ports;
    this.#files = this.render();
  }

  /** The files of the mesh, for its own source. */
  render(more: {withoutFilter?: boolean; hops?: boolean} = {}): Files {
    return renderEnvoy(this.plan, this.playground, {
      ports: this.ports,
      source: {manager: this.discovery.port},
      ...more,
    });
  }

  /** Tells the proxies these files and resolves when they run them; those that do not are an error. */
  async publish(files: Files): Promise<void> {
    this.discovery.publish(files);
    const late = await this.discovery.confirmed(Object.keys(files));
    if (late.length > 0) throw new Error(`not taken by ${late.join(", ")}: ${this.log.join("\n")}`);
  }

  app(name: string): App {
    return this.apps.get(name)!;
  }

  get edge(): Target {
    return {port: this.ports.edge.port};
  }

  /** The inbound side of a workload for a caller of the mesh. */
  inbound(workload: string): Target {
    const {port} = this.plainInbound(workload);
    return this.options.plainText ? {port} : {port, identity: this.caller};
  }

  /** The same for a caller without mTLS. */
  plainInbound(workload: string): Target {
    return {port: this.ports.sidecars[workload]!.inbound};
  }

  /** Where the application of a workload calls another service. */
  outbound(workload: string, callee: string): Target {
    return {port: this.ports.sidecars[workload]!.calls[callee]!};
  }

  /** The number behind a statistic of a proxy; 0 while it is not there. */
  async stat(proxy: string, name: string): Promise<number> {
    return Number((await this.#admins.get(proxy)!.stat(name)) ?? 0);
  }

  async stop(): Promise<void> {
    this.discovery.close();
    await this.#processes.stop();
    await Promise.all([...this.apps.values()].map((app) => app.stop()));
  }

  /** A workload without a sidecar is reached at its application. */
  #withApps(ports: Ports): Ports {
    const sidecars = Object.entries(ports.sidecars).map(([name, sidecar]) => {
      if (this.options.proxies.includes(name)) return [name, sidecar] as const;
      const {port, tlsPort} = this.app(name);
      return [name, {...sidecar, inbound: this.options.plainText ? port : tlsPort}] as const;
    });
    return {...ports, sidecars: Object.fromEntries(sidecars)};
  }

  async #start(identify: (name: string) => Promise<Identity>): Promise<void> {
    const {version, proxies} = this.options;
    const modules = join(import.meta.dirname, "..", "..", "..", "filter", "build");
    await cp(modules, join(this.#processes.folder, "modules"), {recursive: true});
    this.discovery.publish(this.#files);
    const envoy = await findEnvoy({version});
    const children = await Promise.all(
      proxies.map(async (name) => this.#startProxy(envoy, name, await identify(name))),
    );
    const gone = Promise.race(children.map(({name, exited}) => exited.then(() => name)));
    const ready = until(
      async () => (await Promise.all([...this.#admins.values()].map((one) => one.live()))).every(Boolean),
      START_MS,
    );
    const ended = await Promise.race([gone, ready]);
    if (ended !== true) throw new Error(`${ended || "a proxy"} is not ready: ${this.log.join("\n")}`);
  }

  async #startProxy(envoy: string, name: string, {cert, key, ca}: Identity): Promise<Child> {
    const rendered = this.#files[`proxies/${name}/bootstrap.json`]!;
    const bootstrap = this.options.bootstrap?.(name, rendered, this) ?? rendered;
    const folder = join(this.#processes.folder, "proxies", name);
    await mkdir(folder, {recursive: true});
    const files = {"bootstrap.json": JSON.stringify(bootstrap), "cert.pem": cert, "key.pem": key, "ca.pem": ca};
    await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(folder, file), text)));
    this.#admins.set(name, new Admin(name === "edge" ? this.ports.edge.admin : this.ports.sidecars[name]!.admin));
    const flags = ["--concurrency", `${this.options.workers}`, "--disable-hot-restart", "--log-level", "error"];
    return this.#processes.spawn(name, envoy, ["-c", "bootstrap.json", ...flags, "--log-format", "%v"], {
      cwd: folder,
      onLine: (line) => this.log.push(`${name}: ${line}`),
    });
  }
}

async function startApps(identity: Identity): Promise<Map<string, App>> {
  const apps = [...WORKLOADS, EXTERNAL].map((name) => new App(name));
  await Promise.all(apps.map((app) => app.listen(identity)));
  return new Map(apps.map((app) => [app.name, app]));
}
