import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import {covers, hostOf, resolveHost, serviceOf} from "../../compile/hosts.ts";
import type {HttpRouteSpec} from "../../compile/http-route.ts";
import {gatewayVirtualServices, isForMesh, virtualServices} from "./foreign.ts";
import {CONTEXT} from "../../model/context.ts";
import {namespaceOf} from "./names.ts";
import type {Notice} from "./options.ts";

/** Where requests with a context pass. */
export interface Passed {
  readonly namespaces: readonly string[];
  /** `NAMESPACE/NAME`. */
  readonly gateways: readonly string[];
  /** Hosts that requests leave the mesh through. */
  readonly egress: readonly string[];
}

/**
 * Routes of users that send copies of requests out of the mesh. A copy has the headers of its request. Envoy could take them
 * off the copy alone (`request_headers_mutations` of a mirror policy), but an EnvoyFilter can only add such a policy to a
 * route, not change the one that is there.
 */
export function mirrorNotices(passed: Passed, facts: ClusterFacts): Notice[] {
  const outside = (host: string) => isOutside(host, passed, facts);
  return [...byVirtualServices(passed, facts), ...byHttpRoutes(passed, facts)].flatMap(({subject, mirrors}) => {
    const [first] = mirrors.filter(outside);
    return first === undefined ? [] : [leaving(subject, first)];
  });
}

interface Mirroring {
  readonly subject: string;
  /** Resolved. */
  readonly mirrors: readonly string[];
}

function byVirtualServices({namespaces, gateways}: Passed, facts: ClusterFacts): Mirroring[] {
  const all = virtualServices(facts);
  const entering = new Set(gateways.flatMap((gateway) => gatewayVirtualServices(all, gateway)));
  const hosts = hostsIn(namespaces, facts);
  return all.flatMap((users) => {
    const {key, namespace, spec} = users;
    const resolved = (host: string) => resolveHost(host, namespace, facts.domain);
    const inside = (spec.hosts ?? []).some((pattern) => hosts.some((host) => covers(resolved(pattern), host)));
    if (!entering.has(users) && !(isForMesh(spec) && inside)) return [];
    const mirrors = (spec.http ?? []).flatMap(({mirror, mirrors: more = []}) =>
      [mirror, ...more.map(({destination}) => destination)].flatMap((to) => to?.host ?? []),
    );
    return [{subject: `VirtualService ${key} (yours)`, mirrors: mirrors.map(resolved)}];
  });
}

/** Hosts outside are named by backends of kind Hostname. */
function byHttpRoutes({namespaces, gateways}: Passed, facts: ClusterFacts): Mirroring[] {
  return facts.httpRoutes.flatMap(({metadata, spec}) => {
    const {parentRefs = [], rules = []} = (spec ?? {}) as HttpRouteSpec;
    const home = metadata.namespace ?? "default";
    const here = parentRefs.some(({kind = "Gateway", name, namespace = home}) =>
      kind === "Service" ? namespaces.includes(namespace) : gateways.includes(`${namespace}/${name}`),
    );
    const mirrors = rules
      .flatMap(({filters = []}) => filters)
      .flatMap(({requestMirror}) => requestMirror?.backendRef ?? [])
      .map(({kind, name = "", namespace = home}) =>
        kind === "Hostname" ? name : hostOf(`${namespace}/${name}`, facts.domain),
      );
    return here ? [{subject: `HTTPRoute ${home}/${metadata.name} (yours)`, mirrors}] : [];
  });
}

function hostsIn(namespaces: readonly string[], {kubernetesServices, domain}: ClusterFacts): string[] {
  const keys = [...kubernetesServices.keys()].filter((key) => namespaces.includes(namespaceOf(key)));
  return keys.map((key) => hostOf(key, domain));
}

function isOutside(host: string, {egress}: Passed, {domain, serviceEntries}: ClusterFacts): boolean {
  if (serviceOf(host, domain) !== undefined) return egress.includes(host);
  return !serviceEntries.some(({spec}) => {
    const {hosts = [], location} = (spec ?? {}) as {hosts?: readonly string[]; location?: string};
    return location === "MESH_INTERNAL" && hosts.some((pattern) => covers(pattern, host));
  });
}

function leaving(subject: string, host: string): Notice {
  return {
    severity: "warning",
    subject,
    reason: "MirrorLeavesMesh",
    message: `sends copies of requests to ${host}, outside the mesh: the copies carry ${CONTEXT} and baggage there`,
    hint: `Mirror to a Service of the mesh, or take ${CONTEXT} off where the copies arrive.`,
  };
}
