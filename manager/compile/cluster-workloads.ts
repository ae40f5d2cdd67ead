import type {KubernetesObject} from "../model/kubernetes.ts";
import {selects} from "../model/index.ts";
import type {Destination, Labels} from "./plan.ts";

/** The labels of one workload's pods, and where they are. */
export interface Workload {
  readonly namespace: string;
  readonly labels: Labels;
}

const templates = new Set(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout"]);

/** Pods, and pod templates, as a workload that is scaled to zero is still there. Equal ones of a namespace once. */
export function workloadsOf(objects: readonly KubernetesObject[]): Workload[] {
  const all = objects.flatMap(({kind, metadata, spec}): Workload[] => {
    if (kind !== "Pod" && !templates.has(kind)) return [];
    const labels = kind === "Pod" ? metadata.labels : (spec as PodTemplate | undefined)?.template?.metadata?.labels;
    return [{namespace: metadata.namespace ?? "default", labels: labels ?? {}}];
  });
  return [...new Map(all.map((workload) => [identity(workload), workload])).values()];
}

interface PodTemplate {
  readonly template?: {readonly metadata?: {readonly labels?: Labels}};
}

function identity({namespace, labels}: Workload): string {
  const generated = new Set(["pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name"]);
  const own = Object.entries(labels).filter(([key]) => !generated.has(key));
  return JSON.stringify([namespace, own.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

interface EndpointSlice extends KubernetesObject {
  readonly endpoints?: readonly {
    readonly conditions?: {readonly ready?: boolean};
    readonly targetRef?: {readonly kind?: string; readonly name?: string; readonly namespace?: string};
  }[];
}

const SERVICE_NAME = "kubernetes.io/service-name";

/** Whether some endpoint of a destination is ready, as EndpointSlices and their pods' labels tell. */
export function readiness(objects: readonly KubernetesObject[]): (destination: Destination) => boolean | undefined {
  const slices = objects.filter(({kind}) => kind === "EndpointSlice") as EndpointSlice[];
  if (slices.length === 0) return () => undefined;
  const podLabels = new Map(
    objects
      .filter(({kind}) => kind === "Pod")
      .map(({metadata}) => [`${metadata.namespace}/${metadata.name}`, metadata.labels ?? {}]),
  );
  const ready = new Map<string, Labels[]>();
  for (const {metadata, endpoints} of slices) {
    const service = `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME]}`;
    const pods = (endpoints ?? [])
      // The API reads an absent condition as ready.
      .filter(({conditions}) => conditions?.ready ?? true)
      .map(({targetRef}) => podLabels.get(`${targetRef?.namespace ?? metadata.namespace}/${targetRef?.name}`) ?? {});
    ready.set(service, [...(ready.get(service) ?? []), ...pods]);
  }
  return ({service, labels = {}}) => (ready.get(service) ?? []).some((pod) => selects(labels, pod));
}
