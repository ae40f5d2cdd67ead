import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {type Answer, type Asked, FakeApi, kubeconfigFile, kubeconfigOf} from "./fake-api.ts";

interface KindOf {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope?: "Cluster";
}

export const ourKinds: readonly KindOf[] = [
  {apiVersion: "meshlane.dev/v1alpha1", kind: "SwimLane", plural: "swimlanes"},
  {apiVersion: "meshlane.dev/v1alpha1", kind: "SwimLaneGroup", plural: "swimlanegroups"},
  {apiVersion: "coordination.k8s.io/v1", kind: "Lease", plural: "leases"},
  {apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", plural: "roles"},
  {apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", plural: "rolebindings"},
  {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    scope: "Cluster",
  },
  // Discovery of the core group takes another way; its kinds are as good in this one.
  {apiVersion: "v1", kind: "ConfigMap", plural: "configmaps"},
  {apiVersion: "v1", kind: "Pod", plural: "pods"},
  {apiVersion: "v1", kind: "Service", plural: "services"},
  {apiVersion: "v1", kind: "Namespace", plural: "namespaces", scope: "Cluster"},
];

export const istioKinds: readonly KindOf[] = [
  {apiVersion: "networking.istio.io/v1", kind: "VirtualService", plural: "virtualservices"},
  {apiVersion: "networking.istio.io/v1", kind: "DestinationRule", plural: "destinationrules"},
  {apiVersion: "networking.istio.io/v1", kind: "Gateway", plural: "gateways"},
  {apiVersion: "networking.istio.io/v1alpha3", kind: "EnvoyFilter", plural: "envoyfilters"},
  {apiVersion: "extensions.istio.io/v1alpha1", kind: "WasmPlugin", plural: "wasmplugins"},
];

/** An API server in memory: objects are listed, read, applied, replaced and deleted; rights are all there but for `denied`. */
export class FakeCluster {
  readonly objects: KubernetesObject[];
  /** Requests that change something, `PATCH /apis/...`. */
  readonly writes: string[] = [];
  /** Called before each request; what it gives is the answer. */
  onAsked: (asked: Asked) => Answer | void = () => {};
  /** Rights that the user has not, `list pods`. */
  denied: readonly string[] = [];
  readonly #kinds: readonly KindOf[];
  #version = 100;
  #fake: FakeApi | undefined;

  private constructor(objects: readonly KubernetesObject[], kinds: readonly KindOf[]) {
    this.objects = [...objects];
    this.#kinds = kinds;
  }

  static async start(objects: readonly KubernetesObject[], kinds = ourKinds): Promise<FakeCluster> {
    const cluster = new FakeCluster(objects, kinds);
    cluster.#fake = await FakeApi.start((asked) => cluster.#answer(asked), discoveryOf(kinds));
    return cluster;
  }

  async api() {
    return (await this.#fake!.connect()).api;
  }

  /** `--kubeconfig FILE` */
  async flags(): Promise<string[]> {
    return ["--kubeconfig", await kubeconfigFile(kubeconfigOf(this.#fake!.url))];
  }

  #answer(asked: Asked): Answer {
    const said = this.onAsked(asked);
    if (said !== undefined) return said as Answer;
    const {method, path, body} = asked;
    if (path.endsWith("/selfsubjectaccessreviews")) return {body: {status: {allowed: this.#may(body)}}};
    const at = /^\/apis?\/(.*?v\d\w*)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?$/.exec(path);
    const [, apiVersion, namespace, plural, name] = at ?? [];
    const kind = this.#kinds.find((one) => one.apiVersion === apiVersion && one.plural === plural);
    if (kind === undefined) return {status: 404, body: {}};
    const here = this.objects.filter((object) => object.kind === kind.kind && object.apiVersion === apiVersion);
    const there = here.filter(({metadata}) => namespace === undefined || metadata.namespace === namespace);
    if (method === "GET") return this.#read(plural!, there, name, asked.headers.accept);
    const found = there.find(({metadata}) => metadata.name === name);
    const dryRun = isDryRun(asked);
    this.writes.push(`${method} ${path}${dryRun ? " (dry run)" : ""}`);
    if (method === "DELETE" && found !== undefined && isAnother(found, body)) return conflict(name!);
    const written = method === "DELETE" ? [] : [this.#written(body as KubernetesObject, namespace)];
    if (!dryRun) this.#put(found, written);
    return {body: written[0] ?? {}};
  }

  #read(plural: string, there: readonly KubernetesObject[], name: string | undefined, accept = ""): Answer {
    const verb = name === undefined ? "list" : "get";
    if (this.denied.includes(`${verb} ${plural}`)) return forbidden(verb, plural);
    if (name === undefined && accept.includes("as=PartialObjectMetadataList"))
      return {body: {items: metadataOf(there)}};
    if (name === undefined) return {body: {items: there}};
    const found = there.find(({metadata}) => metadata.name === name);
    return found === undefined ? {status: 404, body: {}} : {body: found};
  }

  #put(old: KubernetesObject | undefined, written: readonly KubernetesObject[]): void {
    if (old !== undefined) this.objects.splice(this.objects.indexOf(old), 1);
    this.objects.push(...written);
  }

  #written(object: KubernetesObject, namespace: string | undefined): KubernetesObject {
    const where = namespace === undefined ? {} : {namespace};
    const metadata = {...object.metadata, ...where, resourceVersion: String(this.#version++)};
    const established = {conditions: [{type: "Established", status: "True"}]};
    const status = object.kind === "CustomResourceDefinition" ? {status: established} : {};
    return {...object, ...status, metadata};
  }

  #may(body: unknown): boolean {
    const {resourceAttributes} = (body as {spec: {resourceAttributes: Record<string, string>}}).spec;
    const {verb, resource, subresource} = resourceAttributes;
    return !this.denied.includes(`${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}`);
  }
}

function isDryRun({query, body}: Asked): boolean {
  return query.has("dryRun") || (body as {dryRun?: readonly string[]} | undefined)?.dryRun !== undefined;
}

/** Whether the object is not the one that a deletion means. */
function isAnother({metadata}: KubernetesObject, body: unknown): boolean {
  const {preconditions = {}} = (body ?? {}) as {preconditions?: {uid?: string; resourceVersion?: string}};
  const differs = (field: "uid" | "resourceVersion") =>
    preconditions[field] !== undefined && preconditions[field] !== metadata[field];
  return differs("uid") || differs("resourceVersion");
}

function conflict(name: string): Answer {
  const message = `the object ${name} has been modified`;
  return {status: 409, body: {kind: "Status", reason: "Conflict", message}};
}

function forbidden(verb: string, plural: string): Answer {
  const message = `${plural} is forbidden: User "ann" cannot ${verb} resource "${plural}"`;
  return {status: 403, body: {kind: "Status", reason: "Forbidden", message}};
}

function discoveryOf(kinds: readonly KindOf[]): object {
  return {
    items: [...new Set(kinds.map(({apiVersion}) => apiVersion))].map((apiVersion) => {
      const [version, group = ""] = apiVersion.split("/").toReversed();
      const resources = kinds
        .filter((one) => one.apiVersion === apiVersion)
        .map(({kind, plural, scope}) => ({
          resource: plural,
          responseKind: {kind},
          scope: scope ?? "Namespaced",
          verbs: ["list", "get"],
        }));
      return {metadata: {name: group}, versions: [{version, resources}]};
    }),
  };
}

/** As the API server: of metadata only, no object is no list. */
function metadataOf(objects: readonly KubernetesObject[]): object[] | null {
  return objects.length === 0 ? null : objects.map(({metadata}) => ({kind: "PartialObjectMetadata", metadata}));
}
