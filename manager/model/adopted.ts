import {createHash} from "node:crypto";
import {isOurs, isRendered, type KubernetesObject, managedBy} from "./kubernetes.ts";
import {withoutPasted} from "./pasted.ts";

/** On an object whose owner handed it over with `--adopt`: its spec before that, as JSON. */
export const ORIGINAL = "meshlane.dev/original";

/** There too: a hash of the spec that we wrote and of what `ORIGINAL` says, by which an edit of either is known. */
export const WRITTEN = "meshlane.dev/written";

/** There too, where the owner's label said who manages it: that value, as the label is ours meanwhile. */
const ORIGINAL_MANAGER = "meshlane.dev/original-managed-by";

const MANAGED_BY = "app.kubernetes.io/managed-by";
const PART = "meshlane.dev/part";

/** The annotation that keeps who managed an object before it is handed over, where its label says so. */
export function formerManager({metadata}: KubernetesObject): Readonly<Record<string, string>> {
  const manager = metadata.labels?.[MANAGED_BY];
  return manager === undefined || manager === managedBy[MANAGED_BY] ? {} : {[ORIGINAL_MANAGER]: manager};
}

/**
 * Whether the object is its owner's, handed over: it counts as a fact of the cluster, in the form that `original` gives. Its
 * owner may have applied his own file since, so that it has his label again.
 */
export function isAdopted(object: KubernetesObject): boolean {
  return object.metadata.annotations?.[ORIGINAL] !== undefined && !isRendered(object);
}

/** Whether we wrote the object, or something into it. */
export function isWritten(object: KubernetesObject): boolean {
  return isOurs(object) || isAdopted(object);
}

/** Whether somebody else has changed the object since we wrote it, or nothing readable tells what it was before. */
export function isEdited(object: KubernetesObject): boolean {
  return isAdopted(object) && (!isOurs(object) || specBefore(object) === undefined || !isAsWritten(object));
}

function isAsWritten(object: KubernetesObject): boolean {
  const {[WRITTEN]: written, [ORIGINAL]: before = ""} = object.metadata.annotations ?? {};
  return written === undefined ? isOurs(object) : written === writtenHash(object.spec, before);
}

/** The spec that the annotation keeps; undefined where it holds none. */
function specBefore({metadata}: KubernetesObject): object | undefined {
  try {
    const spec: unknown = JSON.parse(metadata.annotations?.[ORIGINAL] ?? "");
    return typeof spec === "object" && spec !== null && !Array.isArray(spec) ? spec : undefined;
  } catch {
    return undefined;
  }
}

/** 16 hexadecimal digits, the same whatever the order of fields. @param before what `ORIGINAL` says */
export function writtenHash(spec: unknown, before: string): string {
  return createHash("sha256")
    .update(JSON.stringify([sorted(spec), before]))
    .digest("hex")
    .slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([key, field]) => [key, sorted(field)]));
}

/**
 * The object as its owner had it, or has it since an edit; itself where nobody handed it over. What gives it back is to write
 * this one.
 */
export function original(object: KubernetesObject): KubernetesObject {
  if (!isAdopted(object)) return object;
  const {labels: _labels, annotations = {}, ...metadata} = object.metadata;
  const own = Object.keys(annotations).filter((key) => key.startsWith("meshlane.dev/"));
  return {
    ...object,
    metadata: {...metadata, ...some("labels", ...ownersLabels(object)), ...some("annotations", annotations, own)},
    spec: ownersSpec(object),
  };
}

/** All labels, and those of them that are not the owner's. A label of his own in the place of ours stays. */
function ownersLabels(object: KubernetesObject): [Readonly<Record<string, string>>, readonly string[]] {
  const {labels = {}, annotations = {}} = object.metadata;
  const {[ORIGINAL_MANAGER]: manager} = annotations;
  if (!isOurs(object)) return [labels, [PART]];
  return manager === undefined ? [labels, [MANAGED_BY, PART]] : [{...labels, [MANAGED_BY]: manager}, [PART]];
}

/** Who has written his own label has written the whole object; of another edit, the routes of our names are ours. */
function ownersSpec(object: KubernetesObject): unknown {
  const before = specBefore(object);
  if (before !== undefined && isAsWritten(object)) return before;
  return isOurs(object) ? withoutPasted(object.spec) : object.spec;
}

function some(field: string, map: Readonly<Record<string, string>>, without: readonly string[]): object {
  const rest = Object.entries(map).filter(([key]) => !without.includes(key));
  return rest.length === 0 ? {} : {[field]: Object.fromEntries(rest)};
}
