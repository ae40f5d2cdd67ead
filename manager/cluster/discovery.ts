/** A kind of objects that the API server has. */
export interface Resource {
  /** `networking.istio.io/v1`; `v1` of the core. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What the API server answers to `/api` and `/apis` in the aggregated form. */
export interface GroupDiscoveryList {
  readonly items: readonly GroupDiscovery[];
}

interface GroupDiscovery {
  readonly metadata?: {readonly name?: string};
  readonly versions: readonly {
    readonly version: string;
    readonly resources?: readonly ResourceDiscovery[];
  }[];
}

interface ResourceDiscovery {
  readonly resource: string;
  readonly responseKind?: {readonly kind: string};
  readonly scope: "Namespaced" | "Cluster";
  readonly verbs: readonly string[];
}

/** v2 since Kubernetes 1.30, v2beta1, of the same shape, by default since 1.27. An older one answers in another form. */
export const aggregated = [
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
  "application/json",
].join(",");

export function isAggregated(answer: unknown): answer is GroupDiscoveryList {
  return Array.isArray((answer as Partial<GroupDiscoveryList> | null)?.items);
}

/** All kinds in all their versions, the preferred version of a group first. */
export function resourcesOf({items}: GroupDiscoveryList): Resource[] {
  return items.flatMap(({metadata, versions}) =>
    versions.flatMap(({version, resources = []}) =>
      resources.map(({resource, responseKind, scope, verbs}) => ({
        apiVersion: metadata?.name === undefined || metadata.name === "" ? version : `${metadata.name}/${version}`,
        kind: responseKind?.kind ?? "",
        plural: resource,
        namespaced: scope === "Namespaced",
        verbs,
      })),
    ),
  );
}

export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.split("/", 1)[0]! : "";
}

/** `swimlanes.meshlane.dev`, `services`. */
export function nameOf({plural, apiVersion}: Resource): string {
  const group = groupOf(apiVersion);
  return group === "" ? plural : `${plural}.${group}`;
}
