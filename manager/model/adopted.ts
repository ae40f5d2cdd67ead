import {isOurs, type KubernetesObject, managedBy} from "./kubernetes.ts";

/** On an object whose owner handed it over with `--adopt`: its spec before that, as JSON. */
export const ORIGINAL = "meshlane.dev/original";

/** Whether the object is its owner's, handed over: it counts as a fact of the cluster, in the form that `original` gives. */
export function isAdopted(object: KubernetesObject): boolean {
  return isOurs(object) && object.metadata.annotations?.[ORIGINAL] !== undefined;
}

/** The object as its owner had it; itself where nobody handed it over. What gives it back is to write this one. */
export function original(object: KubernetesObject): KubernetesObject {
  const written = object.metadata.annotations?.[ORIGINAL];
  if (!isAdopted(object) || written === undefined) return object;
  const {labels = {}, annotations = {}, ...metadata} = object.metadata;
  const own = [...Object.keys(managedBy), "meshlane.dev/part"];
  const ours = Object.keys(annotations).filter((key) => key.startsWith("meshlane.dev/"));
  return {
    ...object,
    metadata: {...metadata, ...some("labels", labels, own), ...some("annotations", annotations, ours)},
    spec: JSON.parse(written) as unknown,
  };
}

function some(field: string, map: Readonly<Record<string, string>>, without: readonly string[]): object {
  const rest = Object.entries(map).filter(([key]) => !without.includes(key));
  return rest.length === 0 ? {} : {[field]: Object.fromEntries(rest)};
}
