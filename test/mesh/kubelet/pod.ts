import {chown, mkdir, rename, rm, writeFile} from "node:fs/promises";
import {dirname, join} from "node:path";
import {setTimeout as delay} from "node:timers/promises";
import type {Host} from "../host.ts";
import {type Api, unless} from "../kubernetes/api.ts";
import type {PodNetwork} from "../network/network.ts";
import {Container} from "./container.ts";
import type {Images} from "./images.ts";
import type {ContainerSpec, Pod} from "./pod-types.ts";
import {isSidecar, statusOf} from "./status.ts";
import {writeVolume} from "./volumes.ts";

export interface PodHost {
  readonly host: Host;
  readonly api: Api;
  readonly images: Images;
  /** The folder of `parts/streaming`, with a file a pod. */
  readonly podFiles: string;
  /** Called when the pod has its address, so that it learns the names of Services. */
  readonly onNetwork: (pod: RunningPod) => Promise<void>;
}

/** A pod on this node, from its network to its end. */
export class RunningPod {
  readonly pod: Pod;
  readonly folder: string;
  network: PodNetwork | undefined;
  readonly #host: PodHost;
  readonly #began = new Date().toISOString().replace(/\.\d+Z/, "Z");
  readonly #end = new AbortController();
  #inits: Container[] = [];
  #containers: Container[] = [];
  #starting: Promise<void>;
  #ending: Promise<void> | undefined;
  #telling = Promise.resolve();
  #stale = false;

  constructor(pod: Pod, host: PodHost) {
    this.pod = pod;
    this.#host = host;
    this.folder = join(host.host.folder, "pods", pod.metadata.uid);
    this.#starting = this.#start().catch((error: Error) => {
      if (!this.#stopping.aborted) host.host.say(`pod ${this.name}: ${error.message}`);
    });
  }

  /** `NAMESPACE/NAME` */
  get name(): string {
    return `${this.pod.metadata.namespace}/${this.pod.metadata.name}`;
  }

  /** Whether a sidecar takes its traffic. */
  get hasSidecar(): boolean {
    const {initContainers = [], containers} = this.pod.spec;
    return [...initContainers, ...containers].some(({args}) => args?.[1] === "sidecar");
  }

  /** Ends it as its grace says; again, with a shorter one, hurries. Resolves when nothing of it is left. */
  terminate(graceSeconds: number): Promise<void> {
    if (graceSeconds === 0) for (const each of [...this.#inits, ...this.#containers]) each.kill("SIGKILL");
    this.#ending ??= this.#terminate(graceSeconds * 1000);
    return this.#ending;
  }

  get #stopping(): AbortSignal {
    return AbortSignal.any([this.#end.signal, this.#host.host.processes.stopping]);
  }

  async #start(): Promise<void> {
    const {host, onNetwork} = this.#host;
    await mkdir(join(this.folder, "volumes"), {recursive: true, mode: 0o711});
    this.network = await host.network.addPod();
    await writeFile(join(this.folder, "resolv.conf"), "");
    await onNetwork(this);
    const {initContainers = [], containers} = this.pod.spec;
    this.#inits = await this.#made(initContainers);
    this.#containers = await this.#made(containers);
    this.#tell();
    await this.#writeVolumes();
    for (const each of [...this.#inits, ...this.#containers]) await each.prepare((name) => this.#volume(name));
    await this.#writePodFile();
    for (const each of this.#inits) await this.#initialize(each);
    if (!this.#stopping.aborted) for (const each of this.#containers) each.keep();
  }

  async #initialize(container: Container): Promise<void> {
    if (isSidecar(container)) {
      if (!this.#stopping.aborted) container.keep();
      return container.untilStarted();
    }
    while (!this.#stopping.aborted) {
      const {code} = await container.complete();
      if (code === 0) return;
      container.restarts++;
      await delay(1000, undefined, {signal: this.#stopping}).catch(() => {});
    }
  }

  async #made(specs: readonly ContainerSpec[]): Promise<Container[]> {
    const {host, images} = this.#host;
    const {path: netns, address} = this.network!;
    const made: Container[] = [];
    for (const spec of specs) {
      const image = images(spec.image, this.pod);
      if (image === undefined) throw await this.#unpulled(spec);
      const onChange = (): void => this.#tell();
      made.push(new Container(spec, {host, pod: this.pod, image, netns, address, folder: this.folder, onChange}));
    }
    return made;
  }

  /** The kubelet would try for ever; images of this machine do not come later. */
  async #unpulled({name, image}: ContainerSpec): Promise<Error> {
    const message = `Back-off pulling image "${image}": the mesh under test has images of meshlane.test only`;
    const state = {waiting: {reason: "ImagePullBackOff", message}};
    const containers = this.pod.spec.containers.map((each) => ({
      name: each.name,
      image: each.image,
      imageID: "",
      ready: false,
      restartCount: 0,
      state: each.name === name ? state : {waiting: {reason: "PodInitializing"}},
    }));
    await this.#patch({phase: "Pending", podIP: this.network!.address, containerStatuses: containers});
    return new Error(message);
  }

  async #writeVolumes(): Promise<void> {
    const {api, host} = this.#host;
    const place = {podIP: this.network!.address, hostIP: host.network.host};
    const all = [...this.#inits, ...this.#containers];
    await Promise.all(
      (this.pod.spec.volumes ?? []).map(async (volume) => {
        const folder = this.#volume(volume.name);
        await mkdir(folder, {recursive: true, mode: 0o700});
        const user = all
          .filter(({spec}) => spec.volumeMounts?.some(({name}) => name === volume.name))
          .map((each) => each.user)
          .find(({uid}) => uid !== 0);
        const files = await writeVolume(api, this.pod, place, volume, folder, this.#stopping);
        if (user !== undefined) for (const path of [folder, ...files]) await chown(path, user.uid, user.gid);
      }),
    );
  }

  #volume(name: string): string {
    return join(this.folder, "volumes", name);
  }

  get #podFile(): string {
    const {namespace, name} = this.pod.metadata;
    return join(this.#host.podFiles, namespace, `${name}.json`);
  }

  /** What `parts/streaming` reads. */
  async #writePodFile(): Promise<void> {
    const containers = [...this.#inits, ...this.#containers].map(
      ({spec, pidFile, log, previousLog, root, user, env}) => [
        spec.name,
        {pidFile, log, previousLog, cwd: root, ...user, env},
      ],
    );
    const {uid} = this.pod.metadata;
    const content = {uid, netns: this.network!.path, containers: Object.fromEntries(containers) as object};
    await mkdir(dirname(this.#podFile), {recursive: true});
    await writeFile(`${this.#podFile}.new`, JSON.stringify(content, null, 2), {mode: 0o600});
    await rename(`${this.#podFile}.new`, this.#podFile);
  }

  /** The application first; sidecars serve it to its end. */
  async #terminate(graceMs: number): Promise<void> {
    const {host, api} = this.#host;
    this.#end.abort();
    const began = performance.now();
    const sidecars = this.#inits.filter(isSidecar);
    const draining = sidecars.map((each) => each.preStop());
    await Promise.all(this.#containers.map((each) => each.stop(graceMs)));
    await Promise.race([Promise.all(draining), delay(graceMs)]);
    const left = Math.max(0, graceMs - (performance.now() - began));
    for (const each of sidecars.toReversed()) await each.stop(Math.min(left, 2000));
    await this.#starting;
    await rm(this.#podFile, {force: true});
    if (this.network !== undefined) await host.network.removePod(this.network);
    await rm(this.folder, {recursive: true, force: true, maxRetries: 3});
    await this.#telling;
    const {uid} = this.pod.metadata;
    const gone = api.delete(this.pod, {gracePeriodSeconds: 0, preconditions: {uid}});
    await gone.catch(unless(409)).catch((error: Error) => {
      if (!host.processes.stopping.aborted) host.say(`pod ${this.name}: ${error.message}`);
    });
  }

  #tell(): void {
    if (this.#stale) return;
    this.#stale = true;
    this.#telling = this.#telling.then(async () => {
      this.#stale = false;
      const {host} = this.#host;
      const place = {host: host.network.host, pod: this.network?.address};
      await this.#patch(statusOf(this.#inits, this.#containers, place, this.#began));
    });
  }

  async #patch(status: object): Promise<void> {
    const {api, host} = this.#host;
    await api.patch(this.pod, {status}, "status").catch((error: Error) => {
      const gone = "status" in error && error.status === 404;
      if (!gone && !host.processes.stopping.aborted) host.say(`status of pod ${this.name}: ${error.message}`);
    });
  }
}
