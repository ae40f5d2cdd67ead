import {expect} from "vitest";
import {meshlane as captured} from "../../manager/cli/captured.ts";
import type {Mesh} from "./mesh.ts";

export type Meshlane = (args: readonly string[], input?: string) => ReturnType<typeof captured>;

/** The command line on this mesh, as its administrator or with another kubeconfig. */
export function meshlaneOn(mesh: Mesh, kubeconfig = mesh.kubeconfig): Meshlane {
  return (args, input = "") => captured([...args, "--kubeconfig", kubeconfig], input);
}

/** Prepares the mesh for lanes, with the modules in its own registry. */
export async function install(mesh: Mesh): Promise<void> {
  const done = await meshlaneOn(mesh)(["install", "--registry", `${mesh.registry}/mesh`, "--plain-http"]);
  expect(done, done.stderr).toMatchObject({code: 0});
}

export async function uninstall(mesh: Mesh): Promise<void> {
  const done = await meshlaneOn(mesh)(["uninstall"]);
  expect(done, done.stderr).toMatchObject({code: 0});
}
