import {expect} from "vitest";
import type {Mesh} from "../client/index.ts";
import {run} from "../run.ts";

const KINDS = "virtualservices,destinationrules,envoyfilters,wasmplugins,httproutes.gateway.networking.k8s.io";

interface Message {
  readonly code: string;
  readonly origin: string;
  readonly message: string;
}

/**
 * The API server takes all that was written for lanes without a warning, and `istioctl analyze` has nothing to say of the
 * live cluster as far as these namespaces go, but for what is known of users' own objects: `CODE ORIGIN`.
 */
export async function expectNothingToSay(
  mesh: Mesh,
  namespaces: readonly string[],
  known: readonly string[] = [],
): Promise<void> {
  const {kubectl} = mesh.note.programs;
  const env = {KUBECONFIG: mesh.kubeconfig};
  const input = await mesh.kubectl("get", KINDS, "-A", "-l", "app.kubernetes.io/managed-by=meshlane", "-o", "json");
  expect((JSON.parse(input) as {items: object[]}).items).not.toEqual([]);
  await run(kubectl, ["replace", "--dry-run=server", "--warnings-as-errors", "-f", "-"], {env, input});
  for (const namespace of namespaces) {
    const said = await mesh.istioctl("analyze", "-n", namespace, "-o", "json", "--failure-threshold", "Error");
    const messages = (JSON.parse(said) as Message[]).filter(({code, origin}) => !known.includes(`${code} ${origin}`));
    expect(messages, `istioctl analyze -n ${namespace}`).toEqual([]);
  }
}
