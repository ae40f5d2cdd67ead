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

export function isOurs({metadata}: KubernetesObject): boolean {
  return metadata.labels?.["app.kubernetes.io/managed-by"] === "meshlane";
}
