import type {Proxy, Sent} from "../cluster/istiod.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";

/** One change that was made in the cluster: the object as it is since, or that was deleted. */
export type Written = {readonly put: KubernetesObject} | {readonly deleted: KubernetesObject};

const cluster = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const listener = "type.googleapis.com/envoy.config.listener.v3.Listener";
const route = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
const extension = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
const types = new Set([cluster, listener, route, extension]);

/**
 * Which types of configuration istiod sends, whatever their content, for a change of an object of this kind to the proxies
 * of its namespace. Source: the lists of skipped kinds in Istio's pilot/pkg/xds/{cds,lds,rds}.go, DependsOnConfig in
 * pilot/pkg/model/sidecar.go.
 */
const caused: Readonly<Record<string, readonly string[]>> = {
  EnvoyFilter: [cluster, listener, route],
  WasmPlugin: [listener],
  TrafficExtension: [listener],
};

/** Whether what istiod has read from the cluster holds all that was written. */
export function isRead(written: readonly Written[], objects: readonly KubernetesObject[]): boolean {
  const known = new Map(objects.map((object) => [keyOf(object), object.metadata]));
  return written.every((change) => {
    if ("deleted" in change) {
      const found = known.get(keyOf(change.deleted));
      return found === undefined || (found.uid !== undefined && found.uid !== change.deleted.metadata.uid);
    }
    const wanted = change.put.metadata;
    const found = known.get(keyOf(change.put));
    return found !== undefined && !isOlder(found.resourceVersion, wanted.resourceVersion);
  });
}

/** Resource versions of one object grow (KEP-5504: they are decimal numbers that compare). */
function isOlder(found: string | undefined, wanted: string | undefined): boolean {
  if (found === wanted) return false;
  if (found === undefined || wanted === undefined) return true;
  const [one, other] = [found, wanted].map((version) => (/^\d+$/.test(version) ? BigInt(version) : undefined));
  return one === undefined || other === undefined || one < other;
}

function keyOf({kind, metadata}: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

export interface Verdict {
  /** Proxies that istiod still has to tell, or that have not yet answered. */
  readonly waiting: readonly string[];
  /** Those of them that need not have it: they were silent before the first change, or nothing of theirs was changed. */
  readonly late: {readonly since: readonly string[]; readonly elsewhere: readonly string[]};
  /** `POD.NAMESPACE: why`, of what was changed. */
  readonly refused: readonly string[];
  /** The same of proxies that refused this before the first change, or in namespaces in which nothing was changed. */
  readonly unrelated: readonly string[];
}

/**
 * Whether each proxy has taken what was sent to it, and was sent anew what the changes must cause.
 * @param before the proxies before the first change; one that connected later got everything when it did
 * @param namespaces where proxies matter besides those of the changes
 */
export function judge(
  written: readonly Written[],
  before: readonly Proxy[],
  now: readonly Proxy[],
  namespaces: readonly string[] = [],
): Verdict {
  const earlier = new Map(before.map((proxy) => [proxy.id, proxy]));
  const wanted = new Map<string, Set<string>>();
  for (const change of written) {
    const {kind, metadata} = "put" in change ? change.put : change.deleted;
    const types = wanted.get(metadata.namespace ?? "") ?? new Set();
    for (const type of caused[kind] ?? []) types.add(type);
    wanted.set(metadata.namespace ?? "", types);
  }
  const isConcerned = ({namespace}: Proxy): boolean => wanted.has(namespace) || namespaces.includes(namespace);
  const open = now.filter((proxy) => isWaiting(proxy, earlier.get(proxy.id), wanted.get(proxy.namespace)));
  const elsewhere = open.filter((proxy) => !isConcerned(proxy));
  const since = open.filter(
    (proxy) => isConcerned(proxy) && written.length > 0 && isSilent(proxy, earlier.get(proxy.id)),
  );
  const excused = new Set([...elsewhere, ...since]);
  const refusals = now.flatMap((proxy) =>
    Object.entries(proxy.resources).flatMap(([type, {error}]) => {
      if (error === "") return [];
      const isNew = earlier.get(proxy.id)?.resources[type]?.error !== error;
      return [{text: `${proxy.id}: ${error}`, counts: isNew && isConcerned(proxy)}];
    }),
  );
  return {
    waiting: idsOf(open.filter((proxy) => !excused.has(proxy))),
    late: {since: idsOf(since), elsewhere: idsOf(elsewhere)},
    refused: refusals.flatMap(({text, counts}) => (counts ? [text] : [])),
    unrelated: refusals.flatMap(({text, counts}) => (counts ? [] : [text])),
  };
}

function idsOf(proxies: readonly Proxy[]): string[] {
  return proxies.map(({id}) => id);
}

/** It owed an answer before the first change, and has given none to anything of that type since. */
function isSilent(proxy: Proxy, before: Proxy | undefined): boolean {
  return routing(proxy).some(([type, {sent, acked}]) => {
    const old = before?.resources[type];
    return old !== undefined && old.error === "" && old.sent !== old.acked && sent !== acked && acked === old.acked;
  });
}

/** Of several changes of one object only the last has to be seen. */
export function lastOfEach(written: readonly Written[]): Written[] {
  return [...new Map(written.map((change) => [keyOf("put" in change ? change.put : change.deleted), change])).values()];
}

function isWaiting(proxy: Proxy, before: Proxy | undefined, wanted: ReadonlySet<string> | undefined): boolean {
  return routing(proxy).some(([type, {sent, acked, error}]) => {
    if (sent !== acked && error === "") return true;
    const old = before?.resources[type]?.sent;
    return wanted?.has(type) === true && old !== undefined && old !== "" && old === sent;
  });
}

/** The same text where nothing was sent in between. */
export function fingerprint(proxies: readonly Proxy[]): string {
  return JSON.stringify(proxies.map((proxy) => [proxy.id, routing(proxy).map(([, {sent}]) => sent)]));
}

/** Endpoints, certificates and names come and go all the time, and no object of ours makes them. */
function routing({resources}: Proxy): [string, Sent][] {
  return Object.entries(resources).filter(([type]) => types.has(type));
}
