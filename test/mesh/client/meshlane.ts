import {run} from "../../../manager/cli/program.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import type {Mesh} from "./mesh.ts";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line of meshlane against a mesh, in this process. @param input what it reads from standard input */
export async function meshlane(mesh: Mesh, args: readonly string[], input = ""): Promise<Ended> {
  const printed = {stdout: "", stderr: ""};
  const stream = (name: "stdout" | "stderr") => ({write: (text: string) => (printed[name] += text)});
  const stdin = (async function* () {
    yield input;
  })();
  const terminal = {stdin, stdout: stream("stdout"), stderr: stream("stderr")};
  const code = await run([...args, "--kubeconfig", mesh.kubeconfig], terminal);
  return {code, ...printed};
}

/** The same, where a failure is none of the test's business. @returns standard output */
export async function meshlaneOk(mesh: Mesh, args: readonly string[], input = ""): Promise<string> {
  const {code, stdout, stderr} = await meshlane(mesh, args, input);
  if (code !== 0) throw new Error(`meshlane ${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** `meshlane install` from the mesh's own registry; where it is installed already, nothing changes. */
export function installMeshlane(mesh: Mesh): Promise<string> {
  return meshlaneOk(mesh, ["install", "--registry", `${mesh.registry}/meshlane`, "--plain-http"]);
}

/** `meshlane apply --wait` of these groups and lanes. @returns standard output */
export function applyLanes(mesh: Mesh, ...objects: readonly KubernetesObject[]): Promise<string> {
  return meshlaneOk(
    mesh,
    ["apply", "-f", "-", "--wait"],
    objects.map((object) => JSON.stringify(object)).join("\n---\n"),
  );
}

/** `meshlane delete` of these groups and lanes; what is not there is no problem. @returns standard output */
export function deleteLanes(mesh: Mesh, ...objects: readonly KubernetesObject[]): Promise<string> {
  const input = objects.map((object) => JSON.stringify(object)).join("\n---\n");
  return meshlaneOk(mesh, ["delete", "-f", "-", "--ignore-not-found"], input);
}
