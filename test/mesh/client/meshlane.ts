import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {meshlane as captured} from "../../manager/cli/captured.ts";
import type {Mesh} from "./mesh.ts";

export type Meshlane = (args: readonly string[], input?: string) => Promise<Ended>;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line on this mesh, in this process, as its administrator or with another kubeconfig. */
export function meshlaneOn(mesh: Mesh, kubeconfig = mesh.kubeconfig): Meshlane {
  return (args, input = "") => captured([...args, "--kubeconfig", kubeconfig], input);
}

/** Runs a command line of meshlane against a mesh. @param input what it reads from standard input */
export function meshlane(mesh: Mesh, args: readonly string[], input?: string): Promise<Ended> {
  return meshlaneOn(mesh)(args, input);
}

/** The same, where a failure is none of the test's business. @returns standard output */
export async function meshlaneOk(mesh: Mesh, args: readonly string[], input?: string): Promise<string> {
  const {code, stdout, stderr} = await meshlane(mesh, args, input);
  if (code !== 0) throw new Error(`meshlane ${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** `meshlane install` from the mesh's own registry; where it is installed already, nothing changes. */
export function installMeshlane(mesh: Mesh): Promise<string> {
  return meshlaneOk(mesh, ["install", "--registry", `${mesh.registry}/mesh`, "--plain-http"]);
}

/** `meshlane apply --wait` of these groups and lanes. @returns standard output */
export function applyLanes(mesh: Mesh, ...objects: readonly KubernetesObject[]): Promise<string> {
  return meshlaneOk(mesh, ["apply", "-f", "-", "--wait"], textOf(objects));
}

/** `meshlane delete` of these groups and lanes; what is not there is no problem. @returns standard output */
export function deleteLanes(mesh: Mesh, ...objects: readonly KubernetesObject[]): Promise<string> {
  return meshlaneOk(mesh, ["delete", "-f", "-", "--ignore-not-found"], textOf(objects));
}

function textOf(objects: readonly KubernetesObject[]): string {
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}

/** Prepares the mesh for lanes, with the modules in its own registry. */
export async function install(mesh: Mesh): Promise<void> {
  await installMeshlane(mesh);
}

export async function uninstall(mesh: Mesh): Promise<void> {
  await meshlaneOk(mesh, ["uninstall"]);
}
