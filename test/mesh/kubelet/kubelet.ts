import {mkdir} from "node:fs/promises";
import {join} from "node:path";
import type {Host} from "../host.ts";
import type {AnyObject} from "../kubernetes/api.ts";
import type {ControlPlane} from "../kubernetes/control-plane.ts";
import {imagesOf} from "./images.ts";
import {Names} from "./names.ts";
import {type PodHost, RunningPod} from "./pod.ts";
import type {Pod} from "./pod-types.ts";

const NODE = "node";

/**
 * The node of the mesh under test: binds every pod to itself (there is no scheduler), runs it, tells its status, and
 * serves logs, exec and port-forward.
 */
export async function startKubelet(host: Host, {api, kubelet}: ControlPlane): Promise<void> {
  const podFiles = join(host.folder, "pod-files");
  await mkdir(podFiles, {mode: 0o700});
  await mkdir(join(host.folder, "pods"), {mode: 0o711});
  await createNode(host, {api});
  const pods = new Map<string, RunningPod>();
  const names = new Names(() => pods.values());
  const podHost: PodHost = {host, api, podFiles, images: await imagesOf(host), onNetwork: (pod) => names.tell(pod)};
  const stopping = host.processes.stopping;
  const set = (object: AnyObject): void => {
    const pod = object as unknown as Pod;
    const {uid, deletionTimestamp, deletionGracePeriodSeconds = 0} = pod.metadata;
    if (stopping.aborted) return;
    const running = pods.get(uid);
    if (deletionTimestamp !== undefined) {
      if (running !== undefined) void running.terminate(deletionGracePeriodSeconds).then(() => pods.delete(uid));
    } else if (pod.spec.nodeName === undefined) void bind(pod);
    else if (running === undefined && pod.spec.nodeName === NODE) pods.set(uid, new RunningPod(pod, podHost));
  };
  const bind = async ({metadata}: Pod): Promise<void> => {
    const {namespace, name} = metadata;
    const target = {apiVersion: "v1", kind: "Node", name: NODE};
    const value = {apiVersion: "v1", kind: "Binding", metadata: {namespace, name}, target};
    await api.send("POST", `/api/v1/namespaces/${namespace}/pods/${name}/binding`, {value}).catch((error: Error) => {
      if (!stopping.aborted) host.say(`binding of pod ${namespace}/${name}: ${error.message}`);
    });
  };
  const gone = ({metadata}: AnyObject): void => {
    const running = pods.get(metadata.uid!);
    if (running !== undefined) void running.terminate(0).then(() => pods.delete(metadata.uid!));
  };
  const services = {
    set: (each: AnyObject) => names.setService(each, true),
    gone: (each: AnyObject) => names.setService(each, false),
  };
  const slices = {
    set: (each: AnyObject) => names.setSlice(each, true),
    gone: (each: AnyObject) => names.setSlice(each, false),
  };
  await Promise.all([
    api.watch({apiVersion: "v1", plural: "services"}, services, stopping),
    api.watch({apiVersion: "discovery.k8s.io/v1", plural: "endpointslices"}, slices, stopping),
  ]);
  await api.watch({apiVersion: "v1", plural: "pods"}, {set, gone}, stopping);
  await startStreaming(host, kubelet, podFiles);
}

async function createNode({network}: Host, {api}: Pick<ControlPlane, "api">): Promise<void> {
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {name: NODE, labels: {"kubernetes.io/os": "linux", "kubernetes.io/hostname": NODE}},
  };
  await api.apply(node);
  const now = new Date().toISOString().replace(/\.\d+Z/, "Z");
  const ready = {
    type: "Ready",
    status: "True",
    reason: "KubeletReady",
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const status = {
    addresses: [{type: "InternalIP", address: network.host}],
    conditions: [ready],
    capacity: {cpu: "64", memory: "64Gi", pods: "1000"},
    allocatable: {cpu: "64", memory: "64Gi", pods: "1000"},
    daemonEndpoints: {kubeletEndpoint: {Port: 10250}},
  };
  await api.patch(node, {status}, "status");
}

async function startStreaming(
  {network, parts, start}: Host,
  files: ControlPlane["kubelet"],
  podFiles: string,
): Promise<void> {
  await start("kubelet-streaming", parts.program("streaming"), [
    `--address=${network.host}:10250`,
    `--cert=${files.cert}`,
    `--key=${files.key}`,
    `--client-ca=${files.clientCa}`,
    `--pods=${podFiles}`,
  ]);
}
