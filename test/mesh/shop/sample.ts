import {readFile} from "node:fs/promises";
import {join} from "node:path";
import {KeptProcess} from "../../../manager/playground/processes/kept-process.ts";
import {freePorts} from "../../../manager/playground/free-ports.ts";
import {Mesh} from "../client/mesh.ts";
import type {Host} from "../host.ts";
import type {MeshNote, RunningMesh} from "../mesh.ts";
import {INGRESS} from "./ingress.ts";
import {playgroundOf} from "./playground.ts";

const HOSTS = ["shop.localhost", "*.shop.localhost"];

/**
 * The sample shop of `deploy/samples/playground.yaml` in namespace `shop`, and the gateway at a port of loopback, as
 * `kubectl port-forward` brings it there, so that requests come from loopback as the sample's lanes want it.
 * @returns the port
 */
export async function startSampleShop({note, host}: RunningMesh, progress: (line: string) => void): Promise<number> {
  const samples = join(import.meta.dirname, "..", "..", "..", "deploy", "samples");
  const playground = playgroundOf(await readFile(join(samples, "playground.yaml"), "utf8"));
  progress("starting the shop ...");
  const mesh = await Mesh.connect(note);
  await mesh.shop(playground.metadata.namespace, playground, {hosts: HOSTS});
  const port = await freePort();
  forward(note, host, "127.0.0.1", port);
  await balanceLoad(mesh, note, host);
  return port;
}

/** What a cloud does for a Service of type LoadBalancer: an address that clients reach, written into its status. */
async function balanceLoad({api}: Mesh, note: MeshNote, host: Host): Promise<void> {
  const address = host.network.host;
  forward(note, host, address, 80);
  const service = {apiVersion: "v1", kind: "Service", metadata: {name: "public", namespace: INGRESS}};
  await api.patch(service, {status: {loadBalancer: {ingress: [{ip: address}]}}}, "status");
}

function forward({kubeconfig, programs}: MeshNote, host: Host, address: string, port: number): void {
  const name = `port-forward-${port}`;
  const args = ["--kubeconfig", kubeconfig, "port-forward", "--address", address, "-n", INGRESS];
  const start = () => host.start(name, programs.kubectl, [...args, "service/public", `${port}:80`]);
  new KeptProcess({name, start, stopping: host.processes.stopping, log: host.say});
}

async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}
