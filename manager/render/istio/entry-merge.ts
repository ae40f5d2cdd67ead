import type {ClusterFacts, Gateway} from "../../compile/cluster-facts.ts";
import type {HttpRouteSpec} from "../../compile/http-route.ts";
import {type EntryRoute, keyOf} from "../../model/index.ts";
import {chainClusters} from "./chain-clusters.ts";
import type {Entry} from "./entry-routes.ts";
import {destinationsOf, type ForeignVirtualService, type HttpRoute, virtualServices} from "./foreign.ts";
import {nameOf, namespaceOf, shortHash} from "./names.ts";
import {clusterPatch, mergePatch, type TakenRoutes} from "./native.ts";
import type {IstioObject, IstioOptions, Notice, Rendering} from "./options.ts";
import {ownObject} from "./own-object.ts";
import {workloadTargetOf} from "./plugins.ts";
import {shards} from "./shards.ts";
import {routeNames} from "./users-routes.ts";

type Merge = NonNullable<EntryRoute["merge"]>;

/** A user's route on the gateways that the matcher is merged into. */
interface Target {
  readonly hosts: readonly string[];
  readonly routes: TakenRoutes;
}

/** The matcher in a named route of the user's, on the pods of the group's gateways. */
export function mergeIntoGateway(entry: Entry, merge: Merge, facts: ClusterFacts, options: IstioOptions): Rendering {
  const {service, group} = entry;
  const api = merge.httpRoute === undefined ? "istio" : "gateway-api";
  const gateways = entry.gateways.filter((gateway) => gateway.api === api);
  if (service.lanes.length === 0) return {objects: [], notices: []};
  const target = options.nativeSupported ? targetOf(entry, merge, facts) : "needs proxies that support native routing";
  const found = typeof target === "string" || gateways.length > 0 ? target : "has no gateway of its kind that is known";
  if (typeof found !== "string") {
    return {objects: gateways.flatMap((gateway) => onGateway(entry, found, gateway)), notices: []};
  }
  const what =
    merge.virtualService === undefined ? `HTTPRoute ${merge.httpRoute}` : `VirtualService ${merge.virtualService}`;
  const notice: Notice = {
    severity: "error",
    subject: `group ${keyOf(group)}`,
    reason: "CannotMerge",
    message: `merge into route ${merge.route} of ${what} ${found}; lanes on ${nameOf(service.service)} are not reached there`,
    hint: "Change that, or choose another way for this route: hosts or delegate.",
  };
  return {objects: [], notices: [notice]};
}

function targetOf(entry: Entry, merge: Merge, facts: ClusterFacts): Target | string {
  if (entry.port === undefined) return "needs the Service's ports: give the Service among the files";
  if (merge.httpRoute !== undefined) return httpRouteTarget(entry, merge, facts);
  const users = virtualServices(facts).find(({key}) => key === merge.virtualService);
  if (users === undefined) return "does not work: there is no such VirtualService";
  const routes = (users.spec.http ?? []).filter(
    (route) => routeNames(route).includes(merge.route) || route.name === merge.route,
  );
  const [only, ...more] = routes;
  if (only === undefined || more.length > 0)
    return only === undefined ? "finds no such route" : "finds several of that name";
  const taken = takenRoute(entry, users, only);
  return typeof taken === "string" ? taken : {hosts: users.spec.hosts ?? [], routes: taken};
}

function takenRoute(
  {service, port}: Entry,
  {namespace}: ForeignVirtualService,
  route: HttpRoute,
): TakenRoutes | string {
  const [own] = destinationsOf(route, namespace, service.host, service.facts.domain);
  if (own === undefined || (route.route ?? []).length > 1)
    return `does not work: it does not go to ${service.host} alone`;
  const number = own.destination.port?.number;
  if (number !== undefined && number !== port?.port)
    return `does not work: it goes to port ${number}, not ${port?.port}`;
  const {subset} = own.destination;
  const ownRetries = route.retries === undefined ? {} : {ownRetries: true};
  return {baseline: subset === undefined ? {} : {subset}, ...ownRetries};
}

/** A rule without a name is `NAMESPACE.NAME.INDEX`: convertHTTPRoute in Istio's pilot/pkg/config/kube/gateway/conversion.go. */
function httpRouteTarget({service}: Entry, merge: Merge, facts: ClusterFacts): Target | string {
  const key = merge.httpRoute ?? "";
  const found = facts.httpRoutes.find(({metadata}) => `${metadata.namespace ?? "default"}/${metadata.name}` === key);
  if (found === undefined) return "does not work: there is no such HTTPRoute";
  const {hostnames = ["*"], rules = []} = (found.spec ?? {}) as HttpRouteSpec;
  const rule = rules.find(({name}, index) => (name ?? `${key.replace("/", ".")}.${index}`) === merge.route);
  if (rule === undefined) return "finds no such rule";
  const [only, ...more] = rule.backendRefs ?? [];
  const own = only !== undefined && `${only.namespace ?? namespaceOf(key)}/${only.name}` === service.service;
  if (!own || more.length > 0) return `does not work: it does not go to ${service.host} alone`;
  return {hosts: hostnames, routes: rule.retry === undefined ? {} : {ownRetries: true}};
}

/** Virtual hosts of a gateway are named by host and server port; EnvoyFilters of one namespace reach its pods only. */
function onGateway(entry: Entry, {hosts, routes}: Target, gateway: Gateway): IstioObject[] {
  const {service, route} = entry;
  const port = entry.port!;
  const chains = chainClusters(service, port);
  const ports = [...new Set(gateway.servers.map((server) => server.port))].sort((a, b) => a - b);
  const vhosts = hosts.flatMap((host) => ports.map((number) => `${host.toLowerCase()}:${number}`));
  const name = route.merge!.route;
  const patches = [...new Set(vhosts)]
    .sort()
    .map((vhost) => mergePatch(service, port, chains, {context: "GATEWAY", vhost, routes: {...routes, name}}));
  const destinations = [...shards(chains.aggregates)].map(([suffix, clusters]) => ({
    suffix,
    clusters: clusters.map((cluster) => clusterPatch("GATEWAY", cluster)),
  }));
  const id = `${gateway.key.replace("/", ".")}-${shortHash(JSON.stringify(route.merge))}`;
  return gateway.namespaces.flatMap((namespace) => {
    const made = (part: "destinations" | "routes", suffix: string, configPatches: typeof patches) =>
      ownObject(
        "EnvoyFilter",
        {part, namespace, name: `meshlane-entry-${part}-${nameOf(service.service)}${suffix}.${id}`},
        {...workloadTargetOf(gateway.selector), configPatches},
      );
    return [
      ...destinations.map(({suffix, clusters}) => made("destinations", suffix, clusters)),
      made("routes", "", patches),
    ];
  });
}
