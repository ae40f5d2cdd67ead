import type {KubernetesObject} from "../model/kubernetes.ts";
import {aggregated, groupOf, isAggregated, nameOf, type Resource, resourcesOf} from "./discovery.ts";
import {type Asked, ClusterError} from "./failure.ts";
import type {Call, Transport} from "./transport.ts";

/** Which objects, in the words of their manifests. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface Ref extends Kind {
  readonly metadata: {readonly name: string; readonly namespace?: string};
}

export interface WriteOptions {
  /** The server does all but keep it. */
  readonly dryRun?: boolean | undefined;
}

export interface Right {
  readonly verb: string;
  readonly resource: string;
  readonly group?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  /** Left out: objects of all names. */
  readonly name?: string;
}

/** Who writes, in the objects' managedFields. */
const fieldManager = "meshlane";

const pageSize = 500;
/** A list whose next page is gone is begun again. */
const listTries = 3;

/** Objects of the Kubernetes API. Every method throws ClusterError. */
export class Api {
  readonly transport: Transport;
  #resources: Promise<Resource[]> | undefined;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** All kinds that the API server has, read once; `fresh` reads anew. */
  async resources(fresh = false): Promise<readonly Resource[]> {
    if (fresh) this.#resources = undefined;
    this.#resources ??= this.#discover().catch((error: unknown) => {
      this.#resources = undefined;
      throw error;
    });
    return this.#resources;
  }

  /** The kind as the server has it, in this version or, where it lacks that one, another; undefined where it has none. */
  async resource({apiVersion, kind}: Kind): Promise<Resource | undefined> {
    const all = (await this.resources()).filter((one) => one.kind === kind && !one.plural.includes("/"));
    const exact = all.find((one) => one.apiVersion === apiVersion);
    return exact ?? all.find((one) => groupOf(one.apiVersion) === groupOf(apiVersion));
  }

  /** Objects of a kind, of one namespace or all; none where the server does not know the kind. */
  async list(kind: Kind, where: Where = {}): Promise<KubernetesObject[]> {
    const resource = await this.resource(kind);
    if (resource === undefined) return [];
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#pages(resource, where);
      } catch (error) {
        const gone = error instanceof ClusterError && error.reason === "Expired";
        if (!gone || attempt === listTries) throw error;
      }
    }
  }

  /** Undefined where there is no such object, or no such kind. */
  async get(ref: Ref): Promise<KubernetesObject | undefined> {
    const resource = await this.resource(ref);
    if (resource === undefined) return undefined;
    try {
      return (await this.#send("GET", "get", resource, ref)) as KubernetesObject;
    } catch (error) {
      if (error instanceof ClusterError && error.reason === "NotFound") return undefined;
      throw error;
    }
  }

  /** @throws ClusterError AlreadyExists */
  async create(object: KubernetesObject, options: WriteOptions = {}): Promise<KubernetesObject> {
    const resource = await this.known(object);
    const body = withoutVersion(object, resource);
    return (await this.#send("POST", "create", resource, object, {body, query: query(options)})) as KubernetesObject;
  }

  /** @throws ClusterError Conflict where the object is no longer the one of `metadata.resourceVersion` */
  async replace(object: KubernetesObject, options: WriteOptions = {}): Promise<KubernetesObject> {
    const resource = await this.known(object);
    return (await this.#send("PUT", "update", resource, object, {
      body: {...object, apiVersion: resource.apiVersion},
      query: query(options),
    })) as KubernetesObject;
  }

  /** Replaces the status alone. @throws ClusterError Conflict as `replace` */
  async replaceStatus(object: KubernetesObject): Promise<KubernetesObject> {
    const resource = await this.known(object);
    return (await this.#send("PUT", "update", resource, object, {
      body: {...object, apiVersion: resource.apiVersion},
      query: query({}),
      subresource: "status",
    })) as KubernetesObject;
  }

  /**
   * Server-side apply: fields that others own and this object does not name stay as they are.
   * @param options.force take fields over that another manager owns
   * @throws ClusterError Conflict where another manager owns a field that is to be changed
   */
  async apply(object: KubernetesObject, options: WriteOptions & {force?: boolean} = {}): Promise<KubernetesObject> {
    const resource = await this.known(object);
    const search = query(options);
    if (options.force === true) search.set("force", "true");
    return (await this.#send("PATCH", "patch", resource, object, {
      body: withoutVersion(object, resource),
      query: search,
      contentType: "application/apply-patch+yaml",
    })) as KubernetesObject;
  }

  /**
   * Deletes exactly the object that was read, where it has a uid or a resourceVersion. One that is gone is no error.
   * @throws ClusterError Conflict where it is another one by now
   */
  async delete(object: KubernetesObject, options: WriteOptions = {}): Promise<void> {
    const resource = await this.resource(object);
    if (resource === undefined) return;
    const {uid, resourceVersion} = object.metadata;
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: "Background",
      ...(options.dryRun === true ? {dryRun: ["All"]} : {}),
      preconditions: {...(uid === undefined ? {} : {uid}), ...(resourceVersion === undefined ? {} : {resourceVersion})},
    };
    try {
      await this.#send("DELETE", "delete", resource, object, {body});
    } catch (error) {
      if (!(error instanceof ClusterError && error.reason === "NotFound")) throw error;
    }
  }

  /** Whether the user may do that. */
  async may({verb, resource, group = "", subresource, namespace, name}: Right): Promise<boolean> {
    const attributes = {verb, resource, group, ...(subresource === undefined ? {} : {subresource}), namespace, name};
    const answer = (await this.transport.send({
      asked: {verb: "create", resource: "selfsubjectaccessreviews.authorization.k8s.io"},
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: {resourceAttributes: attributes},
      },
    })) as {status?: {allowed?: boolean}};
    return answer.status?.allowed === true;
  }

  /** Who took another form for an empty one would find no object of any kind. */
  async #discover(): Promise<Resource[]> {
    const lists = await Promise.all(
      ["/api", "/apis"].map((path) =>
        this.transport.send({asked: {verb: "get", resource: path}, method: "GET", path, accept: aggregated}),
      ),
    );
    const found = lists.every(isAggregated) ? lists.flatMap(resourcesOf) : [];
    if (found.length > 0) return found;
    const {server, from} = this.transport.place;
    throw new ClusterError(
      "Other",
      `the API server ${server} (${from}) does not tell which kinds it has: it answers /api and /apis without aggregated discovery, ` +
        "which Kubernetes has since 1.27. Is it an older one, or does something in between not pass the header accept on?",
    );
  }

  async #pages(resource: Resource, where: Where): Promise<KubernetesObject[]> {
    const items: KubernetesObject[] = [];
    let next = "";
    do {
      const search = new URLSearchParams({limit: String(pageSize)});
      if (where.labels !== undefined) search.set("labelSelector", where.labels);
      if (next !== "") search.set("continue", next);
      const path = `${pathOf(resource, where.namespace)}?${search.toString()}`;
      const asked: Asked = {verb: "list", resource: nameOf(resource), namespace: where.namespace};
      const accept = where.metadataOnly === true ? {accept: metadataList} : {};
      const page = (await this.transport.send({asked, method: "GET", path, ...accept})) as ListPage;
      // Items of a list say neither kind nor version.
      const {apiVersion, kind} = resource;
      items.push(...(page.items ?? []).map((item) => ({...item, apiVersion, kind})));
      next = page.metadata?.continue ?? "";
    } while (next !== "");
    return items;
  }

  /** As `resource`. @throws ClusterError NoSuchKind where the server has none */
  async known(kind: Kind): Promise<Resource> {
    const found = (await this.resource(kind)) ?? (await this.#again(kind));
    if (found !== undefined) return found;
    const remedies: Record<string, string> = {"meshlane.dev": "Run meshlane install"};
    const remedy = remedies[groupOf(kind.apiVersion)] ?? "Is Istio installed, and of a version that has it?";
    throw new ClusterError("NoSuchKind", `the cluster has no ${kind.kind} of ${kind.apiVersion}. ${remedy}`);
  }

  async #again(kind: Kind): Promise<Resource | undefined> {
    await this.resources(true);
    return this.resource(kind);
  }

  async #send(method: Call["method"], verb: string, resource: Resource, {metadata}: Ref, more: Extra = {}) {
    const {name} = metadata;
    const namespace = resource.namespaced ? (metadata.namespace ?? "default") : undefined;
    const {subresource, query: search, ...rest} = more;
    const suffix = subresource === undefined ? "" : `/${subresource}`;
    const one = method === "POST" ? "" : `/${encodeURIComponent(name)}${suffix}`;
    const path = `${pathOf(resource, namespace)}${one}${search === undefined ? "" : `?${search.toString()}`}`;
    const [plural, ...group] = nameOf(resource).split(".");
    const asked = {verb, resource: [`${plural}${suffix}`, ...group].join("."), namespace, name};
    return this.transport.send({...rest, asked, method, path});
  }
}

/** A server that cannot leave the rest away gives all. */
const metadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/** Which objects of a kind, by default all. */
interface Where {
  readonly namespace?: string;
  readonly labels?: string;
  /** Only who they are is asked for, not what they say. */
  readonly metadataOnly?: boolean;
}

interface Extra {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly query?: URLSearchParams;
  readonly subresource?: string;
}

interface ListPage {
  /** Null where metadata only is asked for, and there is none. */
  readonly items: KubernetesObject[] | null;
  readonly metadata?: {readonly continue?: string};
}

function pathOf({apiVersion, plural, namespaced}: Resource, namespace: string | undefined): string {
  const root = apiVersion.includes("/") ? "apis" : "api";
  const within = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `/${root}/${apiVersion}${within}/${plural}`;
}

function query({dryRun}: WriteOptions): URLSearchParams {
  return new URLSearchParams({fieldManager, ...(dryRun === true ? {dryRun: "All"} : {})});
}

/** What is created or applied names no version of what was there. */
function withoutVersion(object: KubernetesObject, {apiVersion}: Resource): object {
  const {resourceVersion: _, uid: __, creationTimestamp: ___, generation: ____, ...metadata} = object.metadata;
  return {...object, apiVersion, metadata};
}
