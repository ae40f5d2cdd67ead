import {chmod, mkdir, readdir, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {endMarked} from "../../manager/playground/processes/marked.ts";
import {Processes} from "../../manager/playground/processes/processes.ts";
import {type Host, hostOn} from "./host.ts";
import {gatewayApiObjects, istioObjects} from "./istio/install.ts";
import {startControlPlane} from "./kubernetes/control-plane.ts";
import {untilReady} from "./kubernetes/ready.ts";
import {startKubelet} from "./kubelet/kubelet.ts";
import {Network, REMOVE} from "./network/network.ts";
import {findParts} from "./parts/parts.ts";
import {run} from "./run.ts";
import {ingressObjects} from "./shop/ingress.ts";

/** Programs of the mesh that tests and people call. */
const NOTED = ["kubectl", "istioctl", "crane", "oras"] as const;

/** Notes of the meshes that run on this machine, a file each. */
export const NOTES = "/run/meshlane";

/** How others find a running mesh. */
export interface MeshNote {
  /** `meshlane0` */
  readonly name: string;
  /** Process id of the harness. */
  readonly pid: number;
  readonly kubeconfig: string;
  /** `IP:5000`; plain HTTP */
  readonly registry: string;
  /** Holds `logs` and, a file a pod, `pod-files`. */
  readonly folder: string;
  readonly logs: string;
  /** Paths of the programs. */
  readonly programs: Readonly<Record<(typeof NOTED)[number], string>>;
  /** Folder of Istio's sources, with `samples`. */
  readonly istio: string;
}

export interface RunningMesh {
  readonly note: MeshNote;
  readonly host: Host;
  /** Ends everything and resolves when nothing is left. */
  stop: () => Promise<void>;
}

export interface MeshOptions {
  readonly say: (line: string) => void;
  /** Takes a line that replaces the one before. */
  readonly progress: (line: string) => void;
  /** Aborted: the start ends where it is. */
  readonly signal?: AbortSignal;
}

/** Starts the mesh: Kubernetes' control plane, Istio, a registry, and a gateway in `istio-ingress`. */
export async function startMesh({say, progress, signal}: MeshOptions): Promise<RunningMesh> {
  const parts = await findParts({onProgress: progress, ...(signal === undefined ? {} : {signal})});
  signal?.throwIfAborted();
  const network = await Network.reserve();
  await removeLeftovers(network.name);
  const processes = await Processes.start({name: network.name, last: ["sh", REMOVE, network.name]});
  const stop = async (): Promise<void> => {
    await processes.stop();
    network.release();
  };
  const abort = (): void => void stop();
  signal?.addEventListener("abort", abort);
  try {
    await chmod(processes.folder, 0o711);
    const host = hostOn({processes, network, parts, say});
    await mkdir(host.logs);
    await network.create();
    progress(`starting Kubernetes and Istio as ${network.name} ...`);
    return {note: await startAll(host, progress), host, stop};
  } catch (error) {
    await stop();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

async function startAll(host: Host, progress: (line: string) => void): Promise<MeshNote> {
  const {network, parts, processes, folder} = host;
  const registry = `${network.host}:5000`;
  await mkdir(join(folder, "registry"));
  const serve = ["registry", "serve", "--address", registry, "--disk", join(folder, "registry")];
  const [control, istio, gatewayApi] = await Promise.all([
    startControlPlane(host),
    istioObjects(host, registry),
    gatewayApiObjects(host),
    host.start("registry", parts.program("crane"), serve),
  ]);
  const {api, kubeconfig} = control;
  const [namespace, ...rest] = istio;
  await api.apply(namespace!);
  const definitions = [...rest, ...gatewayApi].filter(({kind}) => kind === "CustomResourceDefinition");
  const others = rest.filter(({kind}) => kind !== "CustomResourceDefinition");
  await Promise.all([startKubelet(host, control), ...definitions.map((each) => api.apply(each))]);
  await api.applyAll(others);
  progress("waiting for istiod ...");
  await untilReady(api, "istio-system", {signal: processes.stopping});
  progress("waiting for the gateway ...");
  await api.applyAll(ingressObjects());
  await untilReady(api, "istio-ingress", {signal: processes.stopping});
  const note: MeshNote = {
    name: network.name,
    pid: process.pid,
    kubeconfig,
    registry,
    folder,
    logs: host.logs,
    programs: Object.fromEntries(NOTED.map((name) => [name, parts.program(name)])) as MeshNote["programs"],
    istio: parts.module("istio.io/istio"),
  };
  await mkdir(NOTES, {recursive: true});
  await writeFile(join(NOTES, `${network.name}.json`), JSON.stringify(note, null, 2), {mode: 0o600});
  return note;
}

/** What a run that was killed together with its reaper has left. */
async function removeLeftovers(name: string): Promise<void> {
  await endMarked(name, 2000);
  await run("sh", [REMOVE, name]);
  const folders = (await readdir(tmpdir())).filter((entry) => entry.startsWith(`${name}-`));
  await Promise.all(folders.map((entry) => rm(join(tmpdir(), entry), {recursive: true, force: true})));
}
