import {connect} from "node:net";
import {setTimeout as delay} from "node:timers/promises";

import type {Call, Workload} from "../model/index.ts";
import type {SidecarPorts} from "../render/envoy/index.ts";
import type {JsonObject} from "../render/filter-config.ts";
import {Admin, until} from "./envoy/admin.ts";
import {builtProgram} from "./processes/built.ts";
import {urlVariable} from "./echo/settings.ts";
import {KeptProcess} from "./processes/kept-process.ts";
import type {Child, Processes} from "./processes/processes.ts";
import {startEnvoy} from "./envoy/start.ts";

const PROBE_MS = 100;
/** Who says no, or cannot be called, is unready at once; who is slow, on a machine that is busy, is not. */
const READY_MS = 5000;
/** How long the requests that a removed workload still answers may take. */
const DRAIN_MS = 5000;

export interface PodSpec {
  /** `NAMESPACE/NAME` */
  readonly service: string;
  readonly workload: Workload;
  readonly calls: readonly Call[];
  readonly forwards: readonly string[];
  readonly ports: SidecarPorts;
  /** What its sidecar starts with; everything else can change while it runs. */
  readonly bootstrap: JsonObject;
}

export interface PodHost {
  readonly processes: Processes;
  /** Path of the Envoy binary. */
  readonly envoy: string;
  /** Called when the pod becomes ready or stops being so. */
  readonly onReadiness: (pod: Pod) => void;
  readonly log: (line: string) => void;
}

/** A workload as a kubelet would run it: the sidecar, the application, a readiness probe, and both again when they end. */
export class Pod {
  readonly spec: PodSpec;
  readonly admin: Admin;
  readonly #host: PodHost;
  readonly #end = new AbortController();
  readonly #stopped: AbortSignal;
  readonly #sidecar: KeptProcess;
  /** A process of the user's own is not ours to start. */
  readonly #application: KeptProcess | undefined;
  #ready = false;
  #settled = false;

  constructor(spec: PodSpec, host: PodHost) {
    this.spec = spec;
    this.admin = new Admin(spec.ports.admin);
    this.#host = host;
    this.#stopped = AbortSignal.any([this.#end.signal, host.processes.stopping]);
    const {processes, envoy, log} = host;
    this.#sidecar = this.#keep("sidecar", () => startEnvoy(processes, envoy, this.name, log));
    if (spec.workload.address === undefined) this.#application = this.#keep("application", () => this.#startEcho());
    void this.#probe();
  }

  get name(): string {
    return this.spec.workload.name;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Whether it is known by now if the application is there. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Process ids, for whoever wants to see what happens when one ends. */
  get pids(): {readonly sidecar: number | undefined; readonly application: number | undefined} {
    return {sidecar: this.#sidecar.pid, application: this.#application?.pid};
  }

  /** Ends the pod after the requests that it still answers. Its routes are gone by now. */
  async stop(): Promise<void> {
    const idle = async (): Promise<boolean> =>
      Number((await this.admin.stat("http.inbound.downstream_rq_active")) ?? 0) === 0;
    await until(idle, DRAIN_MS);
    this.#end.abort();
    await Promise.all([this.#sidecar.stop(), this.#application?.stop()]);
  }

  #keep(what: string, start: () => Promise<Child>): KeptProcess {
    const {processes, log} = this.#host;
    const onEnd = (): void => this.#setReady(false);
    return new KeptProcess({name: `the ${what} of ${this.name}`, start, stopping: processes.stopping, log, onEnd});
  }

  #startEcho(): Promise<Child> {
    const {service, calls, forwards, ports} = this.spec;
    const urls = calls.map(({service: callee}) => [urlVariable(callee), `http://127.0.0.1:${ports.calls[callee]}`]);
    return this.#host.processes.spawn(`${this.name} application`, process.execPath, [builtProgram("echo/main")], {
      env: {
        PORT: ports.application.slice(ports.application.lastIndexOf(":") + 1),
        MESHLANE_SERVICE: service.slice(service.indexOf("/") + 1),
        MESHLANE_WORKLOAD: this.name,
        MESHLANE_FORWARDS: forwards.join(","),
        CALLS: calls.map(({service: callee}) => callee).join(","),
        ...Object.fromEntries(urls),
      },
      onLine: (line, from) => from === "stderr" && this.#host.log(`${this.name}: ${line}`),
    });
  }

  async #probe(): Promise<void> {
    while (!this.#stopped.aborted) {
      const live = this.#ready || (await this.admin.live());
      this.#setReady((await this.#answers()) && live);
      this.#settled ||= live;
      await this.#pause(PROBE_MS);
    }
  }

  /** The built-in program is asked; of a user's own nothing is known but that it accepts connections. */
  async #answers(): Promise<boolean> {
    const {workload, ports} = this.spec;
    if (workload.address !== undefined) return accepts(ports.application);
    try {
      const response = await fetch(`http://${ports.application}/ready`, {signal: AbortSignal.timeout(READY_MS)});
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  #setReady(ready: boolean): void {
    if (ready === this.#ready || this.#stopped.aborted) return;
    this.#ready = ready;
    this.#host.onReadiness(this);
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, {signal: this.#stopped}).catch(() => undefined);
  }
}

function accepts(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return new Promise((resolve) => {
    const socket = connect({host, port: Number(address.slice(colon + 1)), timeout: 1000});
    const answer = (yes: boolean) => (): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", answer(true)).once("error", answer(false)).once("timeout", answer(false));
  });
}
