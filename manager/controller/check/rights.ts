import type {Api, Kind, Right} from "../../cluster/api.ts";
import {groupOf} from "../../cluster/discovery.ts";
import {derivedKinds, factKinds, groupKind, laneKind} from "../cluster-state.ts";
import {leaseRef} from "../lease.ts";
import {settingsRef} from "../settings.ts";
import type {Inspection} from "./inspection.ts";
import {failed, ok, type Result, some, unreadable, warning} from "./result.ts";

const changing = ["create", "update", "delete"];

/**
 * Rights that `apply` and `delete` need and this user has not, like `create virtualservices.networking.istio.io`.
 * @param istioNamespace where istiod runs, which tells through a port-forward what the proxies have
 */
export async function missingRights(api: Api, istioNamespace: string): Promise<string[]> {
  const wanted = [
    ...(await rightsOn(api, derivedKinds, ["list", ...changing])),
    // Groups and lanes are written by server-side apply, which may create too.
    ...(await rightsOn(api, [groupKind, laneKind], ["list", "create", "patch", "delete"])),
    ...(await rightsOn(api, factKinds, ["list"])),
    ...(await rightsOn(api, [groupKind], ["update"], "status")),
    {verb: "get", resource: "configmaps", ...settingsRef.metadata},
    {verb: "get", resource: "leases", group: "coordination.k8s.io", ...leaseRef.metadata},
    // Over WebSocket API servers before 1.35 asked for get instead.
    {verb: "create", resource: "pods", subresource: "portforward", namespace: istioNamespace},
  ];
  const answers = await Promise.all(wanted.map(async (right) => ({right, may: await api.may(right)})));
  return answers.filter(({may}) => !may).map(({right}) => text(right));
}

/** Of kinds that the cluster has. */
async function rightsOn(api: Api, kinds: readonly Kind[], verbs: readonly string[], subresource?: string) {
  const resources = await Promise.all(kinds.map((kind) => api.resource(kind)));
  return resources.flatMap((resource): Right[] => {
    if (resource === undefined) return [];
    const {plural, apiVersion} = resource;
    const common = {resource: plural, group: groupOf(apiVersion), ...(subresource === undefined ? {} : {subresource})};
    return verbs.map((verb) => ({verb, ...common}));
  });
}

/** `create virtualservices.networking.istio.io in namespace shop` */
export function text({verb, resource, group = "", subresource, namespace, name}: Right): string {
  const part = subresource === undefined ? "" : `/${subresource}`;
  const one = name === undefined ? "" : ` ${name}`;
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  return `${verb} ${resource}${part}${group === "" ? "" : `.${group}`}${one}${where}`;
}

export function checkRights({missingRights: missing}: Inspection): Result[] {
  if (missing === undefined) return [unreadable("rights", "your rights")];
  if (missing.length === 0) return [ok("rights", "you may read and write all that apply needs")];
  const hint = "Ask for them in all namespaces: deploy/rights.yaml is a role that has all that apply needs.";
  const [needed, wished] = [missing.filter((right) => !isForward(right)), missing.filter(isForward)];
  const results = needed.length === 0 ? [] : [failed("rights", `you may not ${some(needed)}`, hint, needed)];
  if (wished.length === 0) return results;
  const message = `you may not ${some(wished)}: nobody can tell when the proxies have a change`;
  return [
    ...results,
    warning("rights", message, "Ask for the right; without it apply waits for the time of --settle.", wished),
  ];
}

/** Who lacks it can apply all the same. */
export function isForward(right: string): boolean {
  return right.includes("pods/portforward");
}
