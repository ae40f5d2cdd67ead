/** An object of the Kubernetes API, of any kind. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  readonly resourceVersion?: string;
  readonly uid?: string;
  readonly generation?: number;
}

/** The label that all objects carry that Meshlane writes and may remove: `app.kubernetes.io/managed-by: meshlane`. */
export const managedBy = {"app.kubernetes.io/managed-by": "meshlane"} as const;

/** On what `render` gave: whoever applies it writes and removes it, and we do neither. */
const RENDERED = "meshlane.dev/rendered";

/** A field that is null is none to the API server. */
export function withoutNulls<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls) as Value;
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutNulls(field)])) as Value;
}

export function isOurs(object: KubernetesObject): boolean {
  return object.metadata.labels?.["app.kubernetes.io/managed-by"] === "meshlane" && !isRendered(object);
}

export function isRendered({metadata}: KubernetesObject): boolean {
  return metadata.annotations?.[RENDERED] !== undefined;
}

/** The object as `render` gives it. */
export function asRendered<Item extends KubernetesObject>(object: Item): Item {
  const {metadata} = object;
  return {...object, metadata: {...metadata, annotations: {...metadata.annotations, [RENDERED]: "yes"}}};
}

/** The object as it is to who renders: what an earlier render gave is ours there. */
export function unrendered(object: KubernetesObject): KubernetesObject {
  if (!isRendered(object)) return object;
  const {[RENDERED]: _, ...annotations} = object.metadata.annotations ?? {};
  return {...object, metadata: {...object.metadata, annotations}};
}
