import {apiVersion} from "../../../manager/model/fields.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";

/** A group, in the namespace of its own name unless told otherwise. */
export function groupObject(name: string, spec: object, namespace = name): KubernetesObject {
  return {apiVersion, kind: "SwimLaneGroup", metadata: {name, namespace}, spec} as KubernetesObject;
}

type Labels = Readonly<Record<string, string>>;

/** A lane by the Service or the labels of each service: `laneObject("shop", "ann", {cart: "cart--ann"})`. */
export function laneObject(
  namespace: string,
  name: string,
  workloads: Readonly<Record<string, string | {labels: Labels}>>,
  more: object = {},
): KubernetesObject {
  const services = Object.entries(workloads).map(([service, workload]) => ({
    name: service,
    ...(typeof workload === "string" ? {to: workload} : workload),
  }));
  return {apiVersion, kind: "SwimLane", metadata: {name, namespace}, spec: {services, ...more}} as KubernetesObject;
}
