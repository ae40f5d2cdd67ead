import type {Api, Kind, Right} from "../../cluster/api.ts";
import {groupOf} from "../../cluster/discovery.ts";
import {derivedKinds, factKinds, groupKind, laneKind} from "../cluster-state.ts";
import {systemNamespace} from "../settings.ts";
import type {Inspection} from "./inspection.ts";
import {failed, ok, type Result, some} from "./result.ts";

const changing = ["create", "update", "delete"];

/** Rights that `apply` needs and this user has not, like `create virtualservices.networking.istio.io`. */
export async function missingRights(api: Api): Promise<string[]> {
  const wanted = [
    ...(await rightsOn(api, [...derivedKinds, groupKind, laneKind], ["list", ...changing])),
    ...(await rightsOn(api, factKinds, ["list"])),
    ...(await rightsOn(api, [groupKind, laneKind], ["update"], "status")),
    {verb: "get", resource: "configmaps", namespace: systemNamespace},
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

function text({verb, resource, group = "", subresource, namespace}: Right): string {
  const part = subresource === undefined ? "" : `/${subresource}`;
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  return `${verb} ${resource}${part}${group === "" ? "" : `.${group}`}${where}`;
}

export function checkRights({missingRights: missing}: Inspection): Result[] {
  if (missing.length === 0) return [ok("rights", "you may read and write all that apply needs")];
  const hint = "Ask for these rights in all namespaces, or let the controller apply what you write.";
  return [failed("rights", `you may not ${some(missing)}`, hint)];
}
