import {createWriteStream, type WriteStream} from "node:fs";
import {chown, copyFile, mkdir, rename, rm, symlink, writeFile} from "node:fs/promises";
import {dirname, join} from "node:path";
import {setTimeout as delay} from "node:timers/promises";
import type {Child, Exit} from "../../../manager/playground/processes/processes.ts";
import type {Host} from "../host.ts";
import {enter, execIn} from "./enter.ts";
import {environmentOf, expand} from "./environment.ts";
import type {Image} from "./images.ts";
import {probeOnce} from "./probe.ts";
import type {ContainerSpec, Handler, Pod, Probe} from "./pod-types.ts";

const BACKOFF_MS = {first: 500, most: 10_000};
/** Until a container is ready it is asked this often; then as often as its probe says. */
const EAGER_MS = 200;

export type State =
  | {readonly waiting: {readonly reason: string; readonly message?: string}}
  | {readonly running: {readonly startedAt: string}}
  | {readonly terminated: {readonly exitCode: number; readonly reason: string; readonly finishedAt: string}};

export interface ContainerPlace {
  readonly host: Host;
  readonly pod: Pod;
  readonly image: Image;
  /** Path of the pod's network namespace. */
  readonly netns: string;
  readonly address: string;
  /** The pod's own. */
  readonly folder: string;
  readonly onChange: () => void;
}

/** One container of a pod: a program in the pod's network namespace, with mounts, files and environment of its own. */
export class Container {
  readonly spec: ContainerSpec;
  readonly root: string;
  readonly pidFile: string;
  readonly log: string;
  readonly previousLog: string;
  readonly user: {readonly uid: number; readonly gid: number};
  readonly env: Readonly<Record<string, string>>;
  state: State = {waiting: {reason: "PodInitializing"}};
  ready = false;
  started = false;
  restarts = 0;
  readonly #place: ContainerPlace;
  readonly #end = new AbortController();
  readonly #stopped: AbortSignal;
  #child: Child | undefined;

  constructor(spec: ContainerSpec, place: ContainerPlace) {
    const {host, pod, image, folder, address} = place;
    this.spec = spec;
    this.#place = place;
    this.#stopped = AbortSignal.any([this.#end.signal, host.processes.stopping]);
    this.root = join(folder, spec.name);
    this.pidFile = join(folder, `${spec.name}.pid`);
    this.log = join(folder, `${spec.name}.log`);
    this.previousLog = join(folder, `${spec.name}.previous.log`);
    this.user = userOf(pod, spec, image);
    const own = environmentOf(pod, spec, {podIP: address, hostIP: host.network.host});
    const api = {KUBERNETES_SERVICE_HOST: host.network.host, KUBERNETES_SERVICE_PORT: "6443"};
    this.env = {...image.env, ...api, HOSTNAME: pod.metadata.name, ...own};
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Makes its working folder, with links to the volumes of the pod. */
  async prepare(volumes: (name: string) => string): Promise<void> {
    const {image} = this.#place;
    await mkdir(join(this.root, "run"), {recursive: true});
    await mkdir(join(this.root, "var"), {recursive: true});
    await symlink("../run", join(this.root, "var", "run"));
    for (const [path, source] of Object.entries(image.copies)) {
      await mkdir(dirname(join(this.root, path)), {recursive: true});
      await copyFile(source, join(this.root, path));
    }
    const mounts = (this.spec.volumeMounts ?? []).toSorted((a, b) => a.mountPath.length - b.mountPath.length);
    for (const {name, mountPath} of mounts) {
      const at = join(this.root, mountPath);
      await mkdir(dirname(at), {recursive: true});
      await symlink(volumes(name), at);
    }
    await chown(this.root, this.user.uid, this.user.gid);
  }

  /** Runs it once, to its end. */
  async complete(): Promise<Exit> {
    await this.#spawn();
    const exit = await this.#exited();
    this.ready = exit.code === 0;
    return exit;
  }

  /** Runs it, again and again, until it is stopped. */
  keep(): void {
    void this.#keep();
  }

  /** Resolves when its startup probe has succeeded. */
  async untilStarted(): Promise<void> {
    while (!this.started && !this.#stopped.aborted) await this.#pause(50);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Its preStop hook, TERM, and KILL after the grace. */
  async stop(graceMs: number): Promise<void> {
    const began = performance.now();
    await Promise.race([this.preStop(), delay(graceMs)]);
    this.#end.abort();
    await this.#child?.stop(Math.max(0, graceMs - (performance.now() - began)));
  }

  async preStop(): Promise<void> {
    const {exec, sleep}: Handler = this.spec.lifecycle?.preStop ?? {};
    if (sleep !== undefined) await this.#pause(sleep.seconds * 1000);
    if (exec !== undefined && this.pid !== undefined) {
      await execIn(this.pid, this, exec.command).catch((error: Error) => this.#place.host.say(error.message));
    }
  }

  async #keep(): Promise<void> {
    for (let backoff = BACKOFF_MS.first; !this.#stopped.aborted; backoff = Math.min(2 * backoff, BACKOFF_MS.most)) {
      const began = performance.now();
      try {
        const child = await this.#spawn();
        const probing = new AbortController();
        void this.#probe(AbortSignal.any([probing.signal, this.#stopped]));
        if (this.#stopped.aborted) await child.stop();
        await this.#exited();
        probing.abort();
      } catch (error) {
        this.#change({waiting: {reason: "RunContainerError", message: (error as Error).message}});
      }
      this.ready = this.started = false;
      this.#place.onChange();
      if (performance.now() - began > BACKOFF_MS.most) backoff = BACKOFF_MS.first;
      await this.#pause(backoff);
      if (!this.#stopped.aborted) this.restarts++;
    }
  }

  async #spawn(): Promise<Child> {
    const {host, netns, image, folder} = this.#place;
    const {spec, env} = this;
    const command = spec.command?.map((each) => expand(each, env)) ?? image.entrypoint;
    const args = (spec.args ?? []).map((each) => expand(each, env));
    const entering = enter({netns, folder, container: this, files: image.files, argv: [...command, ...args]});
    await rename(this.log, this.previousLog).catch(() => {});
    const log = createWriteStream(this.log, {flags: "a"});
    const name = `${this.#place.pod.metadata.name} ${spec.name}`;
    const onLine = (line: string, from: string): void => writeLine(log, line, from);
    this.#child = await host.processes.spawn(name, entering.program, entering.args, {cwd: folder, onLine});
    void this.#child.exited.then(() => log.end());
    await writeFile(this.pidFile, String(this.#child.pid));
    this.#change({running: {startedAt: new Date().toISOString()}});
    return this.#child;
  }

  /** As in a container, nothing outlives its first process. */
  async #exited(): Promise<Exit> {
    const child = this.#child!;
    const exit = await child.exited;
    killGroup(child.pid);
    this.#child = undefined;
    await rm(this.pidFile, {force: true});
    const {code, signal} = exit;
    const exitCode = code ?? 128 + (signal === "SIGKILL" ? 9 : 15);
    const reason = exitCode === 0 ? "Completed" : "Error";
    this.#change({terminated: {exitCode, reason, finishedAt: new Date().toISOString()}});
    return exit;
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const {startupProbe, readinessProbe} = this.spec;
    while (!signal.aborted && startupProbe !== undefined && !(await this.#asked(startupProbe))) {
      await delay(EAGER_MS, undefined, {signal}).catch(() => {});
    }
    if (signal.aborted) return;
    this.started = true;
    this.ready = readinessProbe === undefined;
    this.#place.onChange();
    let failures = 0;
    while (!signal.aborted && readinessProbe !== undefined) {
      const {periodSeconds = 10, failureThreshold = 3} = readinessProbe;
      const answer = await this.#asked(readinessProbe);
      if (signal.aborted) return;
      failures = answer ? 0 : failures + 1;
      this.#setReady(answer || (this.ready && failures < failureThreshold));
      await delay(this.ready ? periodSeconds * 1000 : EAGER_MS, undefined, {signal}).catch(() => {});
    }
  }

  #asked(probe: Probe): Promise<boolean> {
    return probeOnce(probe, this.spec, this.#place.address);
  }

  #setReady(ready: boolean): void {
    if (ready === this.ready) return;
    this.ready = ready;
    this.#place.onChange();
  }

  #change(state: State): void {
    this.state = state;
    this.#place.onChange();
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, {signal: this.#stopped}).catch(() => {});
  }
}

function userOf({spec}: Pod, container: ContainerSpec, image: Image): {uid: number; gid: number} {
  const uid = container.securityContext?.runAsUser ?? spec.securityContext?.runAsUser ?? image.user;
  const gid = container.securityContext?.runAsGroup ?? spec.securityContext?.runAsGroup ?? uid;
  return {uid, gid};
}

/** A line of a container's log in the form of container runtimes. */
function writeLine(log: WriteStream, line: string, from: string): void {
  if (log.writable) log.write(`${new Date().toISOString().replace("Z", "000000Z")} ${from} F ${line}\n`);
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nobody was left.
  }
}
