import type {ClusterFacts, Gateway} from "../../compile/cluster-facts.ts";
import {didYouMean} from "../../model/suggest.ts";

/** The smallest group for a namespace, as `init` prints it. */
export interface InitialGroup {
  readonly metadata: {readonly name: string; readonly namespace: string};
  readonly spec: {
    readonly baseline?: {readonly labels: {readonly version: string}};
    readonly entry: {
      readonly gateways: readonly string[];
      readonly hosts?: readonly string[];
      readonly lane: readonly ({host: string; from: string[]} | {header: string; from: string[]})[];
    };
  };
  /** Services of the namespace, which all may be overridden. */
  readonly services: readonly string[];
}

export interface Wanted {
  readonly namespace: string;
  /** `NAMESPACE/NAME`; left out: the only one. */
  readonly gateway?: string | undefined;
}

/** A group that is there already. */
export interface OtherGroup {
  readonly name: string;
  readonly namespace: string;
  readonly gateways: readonly string[];
}

/** Addresses that no client on the internet has (RFC 1918). */
const privateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/**
 * Pure.
 * @throws Error that says what is in the way, and the remedy
 */
export function initialGroup(
  {namespace, gateway}: Wanted,
  facts: ClusterFacts,
  groups: readonly OtherGroup[],
): InitialGroup {
  const services = servicesOf(namespace, facts, groups);
  const entrance = gatewayOf(gateway, facts);
  const hosts = [...new Set(entrance.servers.flatMap((server) => server.hosts.map(withoutNamespace)))];
  const template = hosts.find((host) => host.startsWith("*."))?.replace("*", "{lane}");
  const baseline = baselineVersion(services, facts);
  const shared = groups.some((other) => other.gateways.includes(entrance.key));
  return {
    metadata: {name: namespace, namespace},
    spec: {
      ...(baseline === undefined ? {} : {baseline: {labels: {version: baseline}}}),
      entry: {
        gateways: [entrance.key],
        ...(shared ? {hosts: ownHosts(hosts, entrance)} : {}),
        lane: [
          ...(template === undefined ? [] : [{host: template, from: privateNetworks}]),
          {header: "x-swimlane", from: privateNetworks},
        ],
      },
    },
    services: services.map((key) => key.slice(namespace.length + 1)),
  };
}

/** Keys of the namespace's Services that Istio routes as HTTP. */
function servicesOf(
  namespace: string,
  {namespaces, kubernetesServices}: ClusterFacts,
  groups: readonly OtherGroup[],
): string[] {
  const there = namespaces.get(namespace);
  if (there === undefined) {
    throw new Error(sentence(`there is no namespace ${namespace}`, didYouMean(namespace, namespaces.keys())));
  }
  if (there.ambient) {
    throw new Error(
      `namespace ${namespace} is ambient: its pods have no sidecar that could carry a lane. Label it istio-injection: enabled instead of istio.io/dataplane-mode: ambient`,
    );
  }
  const other = groups.find((group) => group.namespace === namespace);
  if (other !== undefined) {
    throw new Error(
      `namespace ${namespace} has group ${other.name} already: kubectl edit swimlanegroup ${other.name} -n ${namespace}`,
    );
  }
  const services = [...kubernetesServices.values()]
    .filter(({key, ports}) => key.startsWith(`${namespace}/`) && ports.some(({http}) => http))
    .map(({key}) => key)
    .sort();
  if (services.length > 0) return services;
  throw new Error(
    `namespace ${namespace} has no Service with an HTTP port, so there is nothing to override. Is it the right one?`,
  );
}

function gatewayOf(wanted: string | undefined, {gateways}: ClusterFacts): Gateway {
  const keys = [...gateways.keys()].sort();
  const [only, ...more] = keys;
  if (wanted === undefined) {
    if (only !== undefined && more.length === 0) return gateways.get(only)!;
    throw new Error(
      only === undefined
        ? "the cluster has no gateway where requests could enter. Make one, or write a group with entry.services"
        : `the cluster has ${keys.length} gateways. Write --gateway ${keys.join(" or --gateway ")}`,
    );
  }
  const found = gateways.get(wanted);
  if (found !== undefined) return found;
  throw new Error(
    sentence(`there is no gateway ${wanted}`, didYouMean(wanted, keys) ?? `There is ${keys.join(", ") || "none"}.`),
  );
}

/** Istio's servers may say `NAMESPACE/HOST`. */
function withoutNamespace(host: string): string {
  return host.slice(host.indexOf("/") + 1);
}

/** Another group takes the rest of the gateway, or hosts of its own. */
function ownHosts(hosts: readonly string[], {key}: Gateway): readonly string[] {
  const named = hosts.filter((host) => host !== "*");
  if (named.length > 0) return named;
  throw new Error(
    `gateway ${key} is another group's too, and its servers name no hosts: write the group with entry: {hosts: [...]} by hand`,
  );
}

/** Where pods behind one Service differ in their version, the first of the versions counts as the baseline's. */
function baselineVersion(services: readonly string[], facts: ClusterFacts): string | undefined {
  const several = services
    .map((key) => [...new Set((facts.services.get(key) ?? []).flatMap(({version}) => version ?? []))])
    .filter((versions) => versions.length > 1);
  return several.flat().sort()[0];
}

function sentence(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message}. ${hint.replace(/\.$/, "")}`;
}
