import type {ClusterFacts, Gateway} from "../../compile/cluster-facts.ts";
import {covers, resolveHost} from "../../compile/hosts.ts";
import type {HttpRouteRule, HttpRouteSpec} from "../../compile/http-route.ts";
import {isRendered, type KubernetesObject} from "../../model/kubernetes.ts";
import {type ForeignVirtualService, gatewayVirtualServices, type HttpRoute, virtualServices} from "./foreign.ts";
import {namespaceOf} from "./names.ts";
import {purposes} from "./own-object.ts";
import {routeNames} from "./users-routes.ts";

/** What istiod makes for a gateway's pods of one route object of a user. */
export interface GatewayRoutes {
  /** `VirtualService shop/mine`. */
  readonly what: string;
  /** Names of Envoy's virtual hosts. */
  readonly vhosts: readonly string[];
  readonly routes: readonly {readonly written: HttpRoute | HttpRouteRule; readonly names: readonly string[]}[];
}

export function gatewayRoutes(gateway: Gateway, facts: ClusterFacts): GatewayRoutes[] {
  return gateway.api === "istio" ? ofVirtualServices(gateway, facts) : ofHttpRoutes(gateway, facts);
}

function ofVirtualServices(gateway: Gateway, facts: ClusterFacts): GatewayRoutes[] {
  const all = virtualServices(facts);
  const users = all.filter(({object}) => !isOwn(object));
  return gatewayVirtualServices(users, gateway.key).map(({key, namespace, spec}) => {
    const hosts = (spec.hosts ?? []).map((host) => resolveHost(host, namespace, facts.domain));
    const routes = (spec.http ?? [])
      // The patch is for routes with a route action, so those that answer by themselves are not met.
      .filter(({redirect, directResponse}) => redirect === undefined && directResponse === undefined)
      .map((written) => ({written, names: namesWithDelegate(written, namespace, all)}));
    return {what: `VirtualService ${key}`, vhosts: vhostsOf(hosts, namespace, gateway), routes};
  });
}

/** Given by `render` for a host that is handed over. */
function isOwn(object: KubernetesObject): boolean {
  return isRendered(object) && purposes(object).some((what) => what.startsWith("entry "));
}

/** Root and delegate make one route with both their names: mergeHTTPRoute in Istio's pilot/pkg/model/virtualservice.go. */
function namesWithDelegate(route: HttpRoute, home: string, all: readonly ForeignVirtualService[]): string[] {
  const {delegate, name, match: outer = []} = route;
  if (delegate === undefined) return routeNames(route);
  const key = `${delegate.namespace || home}/${delegate.name}`;
  const http = all.find((one) => one.key === key)?.spec.http ?? [];
  return http.flatMap(({name: inner, match = []}) => {
    const both = outer.flatMap((one) => match.map((other) => ({...other, ...joined(one.name, other.name)})));
    const met = outer.length === 0 ? match : match.length === 0 ? outer : both;
    return routeNames({...joined(name, inner), match: met});
  });
}

function joined(root = "", delegate = ""): {name?: string} {
  const parts = [root, delegate].filter((part) => part !== "");
  return parts.length === 0 ? {} : {name: parts.join("-")};
}

function ofHttpRoutes(gateway: Gateway, facts: ClusterFacts): GatewayRoutes[] {
  return facts.httpRoutes.flatMap((object): GatewayRoutes[] => {
    const {namespace = "default", name: own} = object.metadata;
    const {parentRefs = [], hostnames = [], rules = []} = (object.spec ?? {}) as HttpRouteSpec;
    const isBound = parentRefs.some(
      ({kind = "Gateway", namespace: where = namespace, name}) =>
        kind === "Gateway" && `${where}/${name}` === gateway.key,
    );
    if (!isBound || isOwn(object)) return [];
    const hosts = hostnames.length === 0 ? ["*"] : hostnames.map((host) => host.toLowerCase());
    const routes = rules.map((written, index) => ({written, names: [ruleName(`${namespace}/${own}`, written, index)]}));
    return [{what: `HTTPRoute ${namespace}/${own}`, vhosts: vhostsOf(hosts, namespace, gateway), routes}];
  });
}

/** A rule without a name is `NAMESPACE.NAME.INDEX`: convertHTTPRoute in Istio's pilot/pkg/config/kube/gateway/conversion.go. */
export function ruleName(key: string, {name}: HttpRouteRule, index: number): string {
  return name ?? `${key.replace("/", ".")}.${index}`;
}

/**
 * A virtual host is named by the server's port and by the narrower one of the route's host and the server's; where these do
 * not meet there is none. Rule: buildGatewayHTTPRouteConfig in Istio's pilot/pkg/networking/core/gateway.go.
 */
function vhostsOf(hosts: readonly string[], namespace: string, gateway: Gateway): string[] {
  const vhosts = gateway.servers.flatMap((server) =>
    server.hosts.flatMap((written) => {
      const [served, from = "*"] = written.toLowerCase().split("/").toReversed();
      const home = from === "." ? namespaceOf(gateway.key) : from;
      if (served === undefined || (home !== "*" && home !== namespace)) return [];
      const met = hosts.flatMap((host) => (covers(served, host) ? host : covers(host, served) ? served : []));
      return met.map((host) => `${host}:${server.port}`);
    }),
  );
  return [...new Set(vhosts)].sort();
}
