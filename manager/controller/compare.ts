import {isDeepStrictEqual} from "node:util";
import {isAdopted, ORIGINAL} from "../model/adopted.ts";
import {isOurs, type KubernetesObject} from "../model/kubernetes.ts";

export type Change = "created" | "configured" | "unchanged" | "deleted";

/** Everything of an object but its metadata and status. */
function content({metadata: _metadata, status: _status, ...rest}: KubernetesObject): object {
  return rest;
}

/** Whether the cluster has it already: the same spec, and at least these labels and annotations. */
export function isThere(wanted: KubernetesObject, live: KubernetesObject): boolean {
  const {labels = {}, annotations = {}} = wanted.metadata;
  const same = {...content(live), apiVersion: wanted.apiVersion};
  return (
    isOurs(wanted) === isOurs(live) &&
    !isGivenBack(wanted, live) &&
    isDeepStrictEqual(content(wanted), same) &&
    holds(live.metadata.labels, labels) &&
    holds(live.metadata.annotations, annotations)
  );
}

/** It must lose what is ours of its metadata, though nothing else may be different. */
function isGivenBack(wanted: KubernetesObject, live: KubernetesObject): boolean {
  return !isOurs(wanted) && !isAdopted(wanted) && isAdopted(live);
}

type StringMap = Readonly<Record<string, string>>;

function holds(all: StringMap = {}, some: StringMap): boolean {
  return Object.entries(some).every(([key, value]) => all[key] === value);
}

/** What is written in place of `live`: its metadata stays, but for the labels and annotations that are ours. */
export function merged(wanted: KubernetesObject, live: KubernetesObject): KubernetesObject {
  // One that is given back brings all its metadata, and must lose ours.
  if (!isOurs(wanted)) return {...wanted, metadata: {...wanted.metadata, ...version(live)}};
  const {labels, annotations} = wanted.metadata;
  return {
    ...wanted,
    metadata: {
      ...live.metadata,
      labels: {...live.metadata.labels, ...labels},
      ...(annotations === undefined ? {} : {annotations: {...owners(live.metadata.annotations), ...annotations}}),
    },
  };
}

/** What an earlier handing over kept may be true no more. */
function owners(annotations: StringMap = {}): StringMap {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !key.startsWith("meshlane.dev/")));
}

function version({metadata}: KubernetesObject): {resourceVersion?: string} {
  return metadata.resourceVersion === undefined ? {} : {resourceVersion: metadata.resourceVersion};
}

/** Whether `wanted` may take the place of `live`: it is ours, or its owner hands it over, which `wanted` says, or gets it back. */
export function mayWrite(wanted: KubernetesObject, live: KubernetesObject): boolean {
  return isOurs(live) || wanted.metadata.annotations?.[ORIGINAL] !== undefined || isGivenBack(wanted, live);
}
