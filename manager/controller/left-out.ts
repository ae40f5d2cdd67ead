import type {KubernetesObject} from "../model/kubernetes.ts";
import type {ClusterState} from "./cluster-state.ts";
import {PART} from "../render/istio/options.ts";
import {identity, purposes, undecided} from "../render/istio/own-object.ts";

interface LaneSpec {
  readonly group?: unknown;
  readonly services?: unknown;
}

/**
 * What stays as it is, by the names that `Rendering.kept` has, while groups and lanes of the cluster are not fit for use: somebody
 * may have broken one that works, and who applies something else is not to take its routes away. Of a group that is all in its
 * namespaces, and every guard and filter, wherever its entrances were; of a lane its services, while its group is there.
 * @param left what is not fit for use
 */
export function keptFor(left: readonly KubernetesObject[], {groups, live}: ClusterState): string[] {
  const broken = left.filter(({kind}) => kind === "SwimLaneGroup");
  const homes = new Set(broken.map(({metadata}) => metadata.namespace));
  const isKept = (object: KubernetesObject) => {
    const {namespace, labels} = object.metadata;
    // Callers in other namespaces have routes of their own.
    const serves = purposes(object).some((what) => homes.has(what.split(" ").at(-1)?.split("/")[0]));
    return homes.has(namespace) || serves || ["edge", "filter"].includes(labels?.[PART] ?? "");
  };
  const standing = broken.length === 0 ? [] : live.filter(isKept);
  const lanes = left.filter((object) => object.kind === "SwimLane" && groups.some((group) => isOf(object, group)));
  return [...standing.map(identity), ...lanes.flatMap(servicesOf)];
}

function isOf(lane: KubernetesObject, {metadata: {name, namespace = "default"}}: KubernetesObject): boolean {
  const {group} = (lane.spec ?? {}) as LaneSpec;
  return homeOf(lane) === namespace && (typeof group !== "string" || group.split("/").at(-1) === name);
}

/** The namespace of the lane's group, and of its services. */
function homeOf({metadata, spec}: KubernetesObject): string {
  const {group} = (spec ?? {}) as LaneSpec;
  return typeof group === "string" && group.includes("/") ? group.split("/")[0]! : (metadata.namespace ?? "default");
}

function servicesOf(lane: KubernetesObject): string[] {
  const {services} = (lane.spec ?? {}) as LaneSpec;
  const names = Array.isArray(services) ? texts(services.map((service: {name?: unknown} | null) => service?.name)) : [];
  return names.flatMap((name) => undecided(`${homeOf(lane)}/${name}`));
}

/** Nobody has looked at the types of what is not fit for use. */
function texts(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
}
