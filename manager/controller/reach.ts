import {type ClusterFacts, type Gateway, gatewaysNamed} from "../compile/cluster-facts.ts";
import type {SwimLaneGroup, WayIn} from "../model/index.ts";
import {overlap} from "../model/check/hosts.ts";
import {selects} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {gatewayVirtualServices, virtualServices} from "../render/istio/foreign.ts";

interface GatewayService extends KubernetesObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly externalIPs?: readonly string[];
  };
  readonly status?: {
    readonly loadBalancer?: {readonly ingress?: readonly {readonly ip?: string; readonly hostname?: string}[]};
  };
}

/** What is in the cluster beside a group. */
interface Around {
  readonly groups: readonly SwimLaneGroup[];
  readonly facts: ClusterFacts;
  readonly objects: readonly KubernetesObject[];
}

/** How a client reaches a lane: a curl line for each way in of its group that has a gateway, and who may use it. */
export function waysTo(lane: string, group: SwimLaneGroup, {groups, facts, objects}: Around): string[] {
  const gateways = group.spec.entry.gateways.flatMap((key) => gatewaysNamed(facts, key));
  return gateways.flatMap((gateway) => {
    const address = addressOf(gateway, objects);
    const port = gateway.servers[0]?.port ?? 80;
    const candidates = [...hostsAt(gateway, facts), ...(address === undefined ? [] : [address])];
    const plain = plainHost(group, groups, gateway.key, candidates);
    return group.spec.entry.lane.map((way) => curlLine(way, lane, plain, {address, port}));
  });
}

interface At {
  readonly address: string | undefined;
  readonly port: number;
}

function curlLine(way: WayIn, lane: string, plain: PlainHost, {address, port}: At): string {
  const {host, missing}: PlainHost = way.host === undefined ? plain : {host: way.host.replace("{lane}", lane)};
  const suffix = port === 80 ? "" : `:${port}`;
  const scheme = port === 443 ? "https" : "http";
  const query = way.query === undefined ? "" : `?${way.query}=${lane}`;
  const url = `${scheme}://${host}${port === 443 ? "" : suffix}/${query}`;
  const resolve = address === undefined || address === host ? "" : connectTo(host, port, address);
  const asked =
    way.header === undefined
      ? way.cookie === undefined
        ? ""
        : ` -b ${way.cookie}=${lane}`
      : ` -H '${way.header}: ${lane}'`;
  const who = way.anyone === true ? "anyone" : `from ${(way.from ?? []).join(", ")}`;
  return `curl${resolve}${asked} '${url}'  # ${who}${missing === undefined ? "" : `; ${missing}`}`;
}

/** An address may be a name, which --resolve does not take. */
function connectTo(host: string, port: number, address: string): string {
  return ` --connect-to ${host}:${port}:${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** Hosts that the gateway, or what is bound to it, says. */
function hostsAt(gateway: Gateway, facts: ClusterFacts): string[] {
  const bound = gatewayVirtualServices(virtualServices(facts), gateway.key).flatMap(({spec}) => spec.hosts ?? []);
  return [...gateway.servers.flatMap(({hosts}) => hosts), ...bound].map((host) => host.slice(host.indexOf("/") + 1));
}

/** The host to ask when the way in is no host, or a word in its place and what is to stand there. */
interface PlainHost {
  readonly host: string;
  readonly missing?: string;
}

/** Of hosts that others say too, only one that the edge gives to this group leads there. */
function plainHost(
  group: SwimLaneGroup,
  groups: readonly SwimLaneGroup[],
  gateway: string,
  candidates: readonly string[],
): PlainHost {
  const {hosts} = group.spec.entry;
  const others = groups.filter((other) => other !== group && other.spec.entry.gateways.includes(gateway));
  const [own, theirs] = [patternsOf(group), others.flatMap(patternsOf)];
  const has = (patterns: readonly string[], host: string) => patterns.some((pattern) => overlap(pattern, host));
  const isOwn = (host: string) => (hosts === undefined ? !has(theirs, host) : has(own, host));
  const found = [...(hosts ?? []), ...candidates].find((host) => !host.includes("*") && isOwn(host));
  if (found !== undefined) return {host: found};
  return hosts === undefined ? {host: "GATEWAY"} : {host: "HOST", missing: `HOST: one of ${own.join(", ")}`};
}

/** The hosts of a group, a template as a pattern. */
function patternsOf({spec: {entry}}: SwimLaneGroup): string[] {
  return [...(entry.hosts ?? []), ...entry.lane.flatMap(({host}) => host?.replace("{lane}", "*") ?? [])];
}

/** Where clients outside the cluster find the gateway; undefined where no Service says so. */
function addressOf(gateway: Gateway, objects: readonly KubernetesObject[]): string | undefined {
  const services = objects.filter(
    ({kind, apiVersion, metadata, spec}) =>
      kind === "Service" &&
      apiVersion === "v1" &&
      gateway.namespaces.includes(metadata.namespace ?? "") &&
      selects(gateway.selector, (spec as GatewayService["spec"])?.selector ?? {}),
  ) as GatewayService[];
  const found = services.flatMap(({spec, status}) => [
    ...(status?.loadBalancer?.ingress ?? []).flatMap(({ip, hostname}) => ip ?? hostname ?? []),
    ...(spec?.externalIPs ?? []),
  ]);
  return found[0];
}
