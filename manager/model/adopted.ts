import {createHash} from "node:crypto";
import {isOurs, type KubernetesObject, managedBy} from "./kubernetes.ts";

/** On an object whose owner handed it over with `--adopt`: its spec before that, as JSON. */
export const ORIGINAL = "meshlane.dev/original";

/** There too: a hash of the spec that we wrote, by which an edit of its owner is known. */
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

/** Whether the object is its owner's, handed over: it counts as a fact of the cluster, in the form that `original` gives. */
export function isAdopted(object: KubernetesObject): boolean {
  return isOurs(object) && object.metadata.annotations?.[ORIGINAL] !== undefined;
}

/** Whether somebody else has changed the spec since we wrote it. */
export function isEdited(object: KubernetesObject): boolean {
  const written = object.metadata.annotations?.[WRITTEN];
  return isAdopted(object) && written !== undefined && written !== specHash(object.spec);
}

/** 16 hexadecimal digits, the same whatever the order of fields. */
export function specHash(spec: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(spec)))
    .digest("hex")
    .slice(0, 16);
}

/** The context header of requests in lanes, by which routes of lanes match. */
const CONTEXT = "x-swimlane";

/** An http route of a VirtualService, as far as lanes show in it. */
interface LaneHttp {
  readonly match?: readonly {readonly headers?: Readonly<Record<string, unknown>>}[];
  readonly route?: readonly {readonly destination?: {readonly subset?: string}}[];
}

/** Whether a route is for requests of lanes only. */
export function isOfLanes({match = []}: LaneHttp): boolean {
  return match.length > 0 && match.every(({headers = {}}) => headers[CONTEXT] !== undefined);
}

/** The spec of a VirtualService without our routes and without the subsets that we named in others. */
export function withoutLanes(spec: unknown): unknown {
  const {http, ...rest} = (spec ?? {}) as {http?: readonly LaneHttp[]};
  if (http === undefined) return rest;
  return {...rest, http: http.filter((route) => !isOfLanes(route)).map(withoutSubsets)};
}

function withoutSubsets(route: LaneHttp): LaneHttp {
  if (route.route === undefined) return route;
  const destinations = route.route.map((one) => {
    const {subset = "", ...destination} = one.destination ?? {};
    return subset.startsWith("meshlane-") ? {...one, destination} : one;
  });
  return {...route, route: destinations};
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
  const written = object.metadata.annotations?.[ORIGINAL];
  if (!isAdopted(object) || written === undefined) return object;
  const {labels = {}, annotations = {}, ...metadata} = object.metadata;
  const {[ORIGINAL_MANAGER]: manager} = annotations;
  const restored = manager === undefined ? labels : {...labels, [MANAGED_BY]: manager};
  const own = manager === undefined ? [MANAGED_BY, PART] : [PART];
  const ours = Object.keys(annotations).filter((key) => key.startsWith("meshlane.dev/"));
  return {
    ...object,
    metadata: {...metadata, ...some("labels", restored, own), ...some("annotations", annotations, ours)},
    spec: isEdited(object) ? withoutLanes(object.spec) : (JSON.parse(written) as unknown),
  };
}

function some(field: string, map: Readonly<Record<string, string>>, without: readonly string[]): object {
  const rest = Object.entries(map).filter(([key]) => !without.includes(key));
  return rest.length === 0 ? {} : {[field]: Object.fromEntries(rest)};
}
