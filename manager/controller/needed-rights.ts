import type {Api, Right} from "../cluster/api.ts";
import {groupOf} from "../cluster/discovery.ts";
import {ClusterError} from "../cluster/failure.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {Changes, keyOf} from "./changes.ts";
import {text} from "./check/rights.ts";
import type {ClusterState} from "./cluster-state.ts";
import {type Task, withOwners} from "./pass.ts";

/** A request that is to change an object. */
export interface Intent {
  readonly verb: "create" | "update" | "patch" | "delete";
  readonly object: KubernetesObject;
  readonly subresource?: "status";
}

/** Writing these groups and lanes, by server-side apply, which may create too. @param before the objects of the cluster */
export function storeIntents(objects: readonly KubernetesObject[], before: readonly KubernetesObject[]): Intent[] {
  const known = new Set(before.map(keyOf));
  return objects.flatMap((object): Intent[] => [
    {verb: "patch", object},
    ...(known.has(keyOf(object)) ? [] : [{verb: "create", object} as const]),
  ]);
}

/**
 * What a pass has to change in this state.
 * @throws ClusterError where it would change what is somebody else's
 */
export function passIntents(api: Api, {stages, owners}: Task<unknown>, {objects, groups}: ClusterState): Intent[] {
  const known = new Set(objects.map(keyOf));
  const writes = new Changes(api, objects).needed(stages.flatMap((stage) => stage.writes));
  return [
    ...withOwners(groups, owners).map((object): Intent => ({verb: "update", object, subresource: "status"})),
    ...writes.map((write): Intent => {
      if ("delete" in write) return {verb: "delete", object: write.delete};
      return {verb: known.has(keyOf(write.put)) ? "update" : "create", object: write.put};
    }),
  ];
}

/**
 * Asks at once for all rights that the intents need, so that who lacks one does not stop half way.
 * @throws ClusterError Forbidden that names all that is missing; NoSuchKind
 */
export async function requireRights(api: Api, intents: readonly Intent[]): Promise<void> {
  const rights = await Promise.all(intents.map((intent) => rightOf(api, intent)));
  const distinct = [...new Map(rights.map((right) => [text(right), right])).values()];
  const answers = await Promise.all(distinct.map(async (right) => ({right, may: await mayAsFarAsKnown(api, right)})));
  const missing = answers.filter(({may}) => !may).map(({right}) => right);
  if (missing.length === 0) return;
  const example = intents.some(({object}) => isOfInstallation(object)) ? "" : ", like deploy/rights.yaml";
  throw new ClusterError(
    "Forbidden",
    `you may not ${byNamespace(missing).join("; ")}. Nothing was written: ask for a role with these rights${example}`,
  );
}

function isOfInstallation({apiVersion}: KubernetesObject): boolean {
  return ["apiextensions.k8s.io", "rbac.authorization.k8s.io"].includes(groupOf(apiVersion));
}

async function rightOf(api: Api, {verb, object, subresource}: Intent): Promise<Right> {
  const {apiVersion, plural, namespaced} = await api.known(object);
  const where = namespaced ? {namespace: object.metadata.namespace ?? "default"} : {};
  return {verb, resource: plural, group: groupOf(apiVersion), ...where, ...(subresource ? {subresource} : {})};
}

/** Who may not even ask is told by the request itself. */
async function mayAsFarAsKnown(api: Api, right: Right): Promise<boolean> {
  try {
    return await api.may(right);
  } catch (error) {
    if (error instanceof ClusterError && error.reason === "Forbidden") return true;
    throw error;
  }
}

/** `create envoyfilters.networking.istio.io, update wasmplugins.extensions.istio.io in namespace shop` */
function byNamespace(rights: readonly Right[]): string[] {
  const namespaces = [...new Set(rights.map(({namespace}) => namespace))].sort((a = "", b = "") => (a < b ? -1 : 1));
  return namespaces.map((namespace) => {
    const ofOne = rights.filter((right) => right.namespace === namespace);
    const names = ofOne.map(({namespace: _namespace, ...right}) => text(right)).sort();
    return namespace === undefined ? names.join(", ") : `${names.join(", ")} in namespace ${namespace}`;
  });
}
