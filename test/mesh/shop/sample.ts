import {readFile} from "node:fs/promises";
import {join} from "node:path";
import {KeptProcess} from "../../../manager/playground/processes/kept-process.ts";
import {freePorts} from "../../../manager/playground/free-ports.ts";
import {Mesh} from "../client/mesh.ts";
import type {RunningMesh} from "../mesh.ts";
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
  const args = ["--kubeconfig", note.kubeconfig, "port-forward", "-n", INGRESS, "service/public", `${port}:80`];
  const start = () => host.start("port-forward", note.programs.kubectl, args);
  new KeptProcess({name: "port-forward", start, stopping: host.processes.stopping, log: host.say});
  return port;
}

async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}
