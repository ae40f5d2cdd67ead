import type {Api} from "../../cluster/api.ts";
import {ClusterError} from "../../cluster/failure.ts";
import {getFromPod} from "../../cluster/port-forward.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import {selectorKey} from "../../render/istio/pod-names.ts";
import type {Inspection, PluginFact, ProxyFact} from "./inspection.ts";

interface Pod extends KubernetesObject {
  readonly spec?: {readonly containers?: readonly Container[]; readonly initContainers?: readonly Container[]};
  readonly status?: {readonly phase?: string};
}

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
}

/** The port of Envoy's administration; the agent binds it to the pod's loopback. */
const adminPort = 15000;
const atOnce = 8;
/** Asked are at most so many; of one workload's pods that are alike one is enough. */
const mostProxies = 200;

/** The proxy's container, by the name that Istio gives it; a sidecar may be an init container that goes on. */
export function proxyContainer({spec}: Pod): Container | undefined {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find(({name}) => name === "istio-proxy");
}

/** Asks the proxies of the pods that run, through port-forwards. Never throws: who gives no answer says why. */
export async function askProxies(
  api: Api,
  pods: readonly KubernetesObject[],
): Promise<Pick<Inspection, "proxies" | "unasked">> {
  const running = (pods as readonly Pod[]).filter((pod) => pod.status?.phase === "Running" && proxyContainer(pod));
  const {queue, unasked} = chosen(running, mostProxies);
  const facts: ProxyFact[] = [];
  const work = async (): Promise<void> => {
    for (let pod = queue.shift(); pod !== undefined; pod = queue.shift()) facts.push(await ask(api, pod));
  };
  await Promise.all(Array.from({length: atOnce}, work));
  return {proxies: facts.sort((a, b) => (a.pod < b.pod ? -1 : 1)), unasked};
}

/** Whom to ask, and how many are left out and why. */
export function chosen<Any extends KubernetesObject>(
  pods: readonly Any[],
  most: number,
): {queue: Any[]; unasked: Inspection["unasked"]} {
  const distinct = oneEach(pods);
  const queue = distinct.slice(0, most);
  return {queue, unasked: {tooMany: distinct.length - queue.length, alike: pods.length - distinct.length}};
}

/** One pod of each workload. */
function oneEach<Any extends KubernetesObject>(pods: readonly Any[]): Any[] {
  const hashes = new Set(["controller-revision-hash", "statefulset.kubernetes.io/pod-name"]);
  const alike = ({metadata: {namespace = "", labels = {}}}: Any): string =>
    namespace + selectorKey(Object.fromEntries(Object.entries(labels).filter(([key]) => !hashes.has(key))));
  return [...new Map(pods.map((pod) => [alike(pod), pod])).values()];
}

async function ask(api: Api, pod: Pod): Promise<ProxyFact> {
  const {name, namespace = "default", labels = {}} = pod.metadata;
  const kind = proxyContainer(pod)?.args?.includes("router") === true ? "router" : "sidecar";
  const known = {pod: `${namespace}/${name}`, namespace, labels, kind} as const;
  const get = (path: string): Promise<string> => getFromPod(api, {namespace, pod: name, port: adminPort}, path);
  try {
    const server = readServer(await get("/server_info"));
    const plugins = readPlugins(await get("/config_dump?resource=ecds_filters").catch(noFilters));
    return {...known, ...server, plugins, requests: readRequests(await get("/clusters"))};
  } catch (error) {
    if (!(error instanceof ClusterError) && !(error instanceof SyntaxError)) throw error;
    return {...known, problem: error.message, extensions: new Set(), plugins: [], requests: new Map()};
  }
}

/** Envoy answers 404 where a proxy has no such filter. */
function noFilters(error: unknown): string {
  if (error instanceof ClusterError && error.message.endsWith("it answers 404")) return "{}";
  throw error;
}

/** @param text of `/server_info` */
export function readServer(text: string): Pick<ProxyFact, "envoy" | "extensions"> {
  const {version = "", node} = JSON.parse(text) as {version?: string; node?: {extensions?: readonly {name: string}[]}};
  const number = /^[^/]*\/([^/]+)\//.exec(version)?.[1];
  return {
    extensions: new Set((node?.extensions ?? []).map(({name}) => name)),
    ...(number === undefined ? {} : {envoy: number}),
  };
}

interface EcdsDump {
  readonly configs?: readonly {
    readonly ecds_filter?: {readonly name?: string; readonly typed_config?: {readonly "@type"?: string}};
  }[];
}

/** Istio names a plugin's filter by the resource; it makes an extension of a WasmPlugin. */
const resourceName = /^extensions\.istio\.io\/(?:wasmplugin|trafficextension)\/([^.]+)\.(.+?)(?:~.*)?$/;

/** @param text of `/config_dump?resource=ecds_filters` */
export function readPlugins(text: string): PluginFact[] {
  const {configs = []} = JSON.parse(text) as EcdsDump;
  return configs.flatMap(({ecds_filter: filter}) => {
    const [, namespace, name] = resourceName.exec(filter?.name ?? "") ?? [];
    if (name === undefined) return [];
    return [{name: `${namespace}/${name}`, runs: filter?.typed_config?.["@type"]?.endsWith(".wasm.v3.Wasm") === true}];
  });
}

const requestsLine = /^outbound\|\d+\|[^|]*\|([^:|]+)::.*::rq_total::(\d+)$/gm;

/** @param text of `/clusters` */
export function readRequests(text: string): Map<string, number> {
  const requests = new Map<string, number>();
  for (const [, host = "", total] of text.matchAll(requestsLine)) {
    if (Number(total) > 0) requests.set(host, (requests.get(host) ?? 0) + Number(total));
  }
  return requests;
}
