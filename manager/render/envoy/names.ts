import type {Destination} from "../../compile/plan.ts";

/** Every cluster that is a service of the mesh begins so, here as under Istio. */
const MESH = "outbound|80|";

/** The cluster of one destination, in the form that Istio uses: `outbound|80|SUBSET|NAME.NAMESPACE`. */
export function clusterName({service, labels = {}}: Destination): string {
  const subset = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
  return `${MESH}${subset}|${hostName(service)}`;
}

/** The aggregate cluster over the chain of one lane. */
export function chainClusterName(service: string, lane: string): string {
  return `${MESH}lane:${lane}|${hostName(service)}`;
}

/** A service that is not of the mesh. */
export function externalClusterName(name: string): string {
  return `external|${name}`;
}

/** `NAME.NAMESPACE` of `NAMESPACE/NAME`. */
function hostName(service: string): string {
  const [namespace, name] = service.split("/");
  return `${name}.${namespace}`;
}

/** A name as a file name; the signs that stand for `|`, `/` and `:` occur in no name, so no two become one. */
export function fileName(name: string): string {
  return name.replaceAll("|", "~").replaceAll("/", "@").replaceAll(":", "+");
}
