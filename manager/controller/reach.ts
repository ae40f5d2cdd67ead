import {type ClusterFacts, type Gateway, gatewaysNamed} from "../compile/cluster-facts.ts";
import type {SwimLaneGroup, WayIn} from "../model/index.ts";
import {selects} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";

interface GatewayService extends KubernetesObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly externalIPs?: readonly string[];
  };
  readonly status?: {
    readonly loadBalancer?: {readonly ingress?: readonly {readonly ip?: string; readonly hostname?: string}[]};
  };
}

/** How a client reaches a lane: a curl line for each way in of its group that has a gateway, and who may use it. */
export function waysTo(
  lane: string,
  group: SwimLaneGroup,
  facts: ClusterFacts,
  objects: readonly KubernetesObject[],
): string[] {
  const gateways = group.spec.entry.gateways.flatMap((key) => gatewaysNamed(facts, key));
  return gateways.flatMap((gateway) => {
    const address = addressOf(gateway, objects);
    const port = gateway.servers[0]?.port ?? 80;
    const plain = plainHost(group, gateway, facts) ?? address ?? "GATEWAY";
    return group.spec.entry.lane.map((way) => curlLine(way, lane, plain, {address, port}));
  });
}

interface At {
  readonly address: string | undefined;
  readonly port: number;
}

function curlLine(way: WayIn, lane: string, plain: string, {address, port}: At): string {
  const host = way.host === undefined ? plain : way.host.replace("{lane}", lane);
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
  return `curl${resolve}${asked} '${url}'  # ${who}`;
}

/** An address may be a name, which --resolve does not take. */
function connectTo(host: string, port: number, address: string): string {
  return ` --connect-to ${host}:${port}:${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** A host that the group answers for when the caller's way in is no host: of the group, the gateway, or what is bound to it. */
function plainHost({spec}: SwimLaneGroup, gateway: Gateway, {virtualServices}: ClusterFacts): string | undefined {
  const bound = virtualServices.flatMap((object) => {
    const {gateways = [], hosts = []} = object.spec as {gateways?: readonly string[]; hosts?: readonly string[]};
    const keys = gateways.map((name) => (name.includes("/") ? name : `${object.metadata.namespace}/${name}`));
    return keys.includes(gateway.key) ? hosts : [];
  });
  const hosts = [...(spec.entry.hosts ?? []), ...gateway.servers.flatMap((server) => server.hosts), ...bound];
  return hosts.map((host) => host.slice(host.indexOf("/") + 1)).find((host) => !host.includes("*"));
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
