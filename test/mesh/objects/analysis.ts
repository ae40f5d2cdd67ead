import {expect} from "vitest";
import type {Mesh} from "../client/index.ts";
import {run} from "../run.ts";

const KINDS =
  "virtualservices,destinationrules,envoyfilters,wasmplugins,trafficextensions,httproutes.gateway.networking.k8s.io";

interface Message {
  readonly code: string;
  readonly origin: string;
  readonly message: string;
}

/**
 * What `istioctl analyze` says of these namespaces of the live cluster, but for what is known of users' own objects: `CODE
 * ORIGIN`. Rejects where the API server does not take all that was written for lanes without a warning.
 */
export async function analysis(
  mesh: Mesh,
  namespaces: readonly string[],
  known: readonly string[] = [],
): Promise<Message[]> {
  const {kubectl} = mesh.note.programs;
  const env = {KUBECONFIG: mesh.kubeconfig};
  const input = await mesh.kubectl("get", KINDS, "-A", "-l", "app.kubernetes.io/managed-by=meshlane", "-o", "json");
  expect((JSON.parse(input) as {items: object[]}).items).not.toEqual([]);
  await run(kubectl, ["replace", "--dry-run=server", "--warnings-as-errors", "-f", "-"], {env, input});
  const messages: Message[] = [];
  for (const namespace of namespaces) {
    const said = await mesh.istioctl("analyze", "-n", namespace, "-o", "json", "--failure-threshold", "Error");
    messages.push(...(JSON.parse(said) as Message[]));
  }
  return messages.filter(({code, origin}) => !known.includes(`${code} ${origin}`));
}
