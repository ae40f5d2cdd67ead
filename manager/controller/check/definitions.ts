import {isDeepStrictEqual} from "node:util";
import {customResourceDefinitions} from "../../model/generated.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import type {Inspection} from "./inspection.ts";
import {failed, ok, type Result, some, unreadable, warning} from "./result.ts";

interface Definition extends KubernetesObject {
  readonly spec: {readonly versions: readonly {readonly name: string; readonly schema?: unknown}[]};
}

/** The CRDs are there, and are those of this version. */
export function checkDefinitions({definitions}: Inspection): Result[] {
  if (definitions === undefined) return [unreadable("crds", "CRDs")];
  const wanted = customResourceDefinitions() as KubernetesObject[];
  const there = new Map(definitions.map((one) => [one.metadata.name, one]));
  const missing = wanted.filter(({metadata}) => !there.has(metadata.name)).map(({metadata}) => metadata.name);
  if (missing.length > 0) {
    return [failed("crds", `there is no CRD ${some(missing)}`, "meshlane install --registry HOST/PATH writes them.")];
  }
  const other = wanted.filter((one) => !isSameDefinition(one, there.get(one.metadata.name)!));
  if (other.length === 0) return [ok("crds", `${wanted.length} CRDs are those of this version`)];
  const names = some(other.map(({metadata}) => metadata.name));
  return [
    warning("crds", `CRD ${names} is of another version than this program`, "meshlane upgrade writes this one's."),
  ];
}

/** Whether two CRDs of one name have the same schema. */
export function isSameDefinition(one: KubernetesObject, other: KubernetesObject): boolean {
  return isDeepStrictEqual(schemaOf(one as Definition), schemaOf(other as Definition));
}

function schemaOf({spec}: Definition): unknown {
  return spec.versions.find(({name}) => name === "v1alpha1")?.schema;
}
