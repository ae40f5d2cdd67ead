import type {ClusterFacts, Gateway} from "../../compile/cluster-facts.ts";
import type {HttpRouteRule, HttpRouteSpec} from "../../compile/http-route.ts";
import {type EntryRoute, keyOf} from "../../model/index.ts";
import {chainClusters} from "./chain-clusters.ts";
import {gatewaysNear} from "./entry-conflicts.ts";
import type {Entry} from "./entry-routes.ts";
import {destinationsOf, type ForeignVirtualService, type HttpRoute, virtualServices} from "./foreign.ts";
import {gatewayRoutes, ruleName} from "./gateway-routes.ts";
import {nameOf, namespaceOf, shortHash} from "./names.ts";
import {clusterPatch, mergePatch, type TakenRoutes} from "./native.ts";
import type {IstioObject, IstioOptions, Notice, Rendering} from "./options.ts";
import {ownObject} from "./own-object.ts";
import {workloadTargetOf} from "./plugins.ts";
import {shards} from "./shards.ts";
import {routeNames} from "./users-routes.ts";

type Merge = NonNullable<EntryRoute["merge"]>;

/** A user's route that the matcher is merged into. */
interface Target {
  readonly written: HttpRoute | HttpRouteRule;
  readonly routes: TakenRoutes;
}

/** Where that route is on a gateway. */
interface Place {
  readonly gateway: Gateway;
  readonly vhosts: readonly string[];
  /** Of the Envoy routes. */
  readonly names: readonly string[];
}

/** The matcher in a named route of the user's, on the pods of the group's gateways. */
export function mergeIntoGateway(entry: Entry, merge: Merge, facts: ClusterFacts, options: IstioOptions): Rendering {
  if (entry.service.lanes.length === 0) return {objects: [], notices: []};
  const api = merge.httpRoute === undefined ? "istio" : "gateway-api";
  const gateways = entry.gateways.filter((gateway) => gateway.api === api);
  const target = api === "istio" ? virtualServiceTarget(entry, merge, facts) : httpRouteTarget(entry, merge, facts);
  if (typeof target === "string") return unfit(entry, merge, target);
  const places = gateways.length === 0 ? [] : placesOf(merge, target, gateways, facts);
  if (typeof places === "string") return unfit(entry, merge, places);
  const met = sameName(places, target, facts);
  if (met !== undefined)
    return unfit(entry, merge, met, "Rename one of the two; where that is yours, in merge.route too.");
  const undecided = whyUndecided(entry, gateways, options);
  if (undecided !== undefined) return {objects: [], notices: [cannotMerge(entry, merge, undecided)]};
  return {objects: places.flatMap((place) => onGateway(entry, target, place)), notices: []};
}

/** Nothing is kept: what was merged while the route did fit would still tell where requests of no lane go. */
function unfit(entry: Entry, merge: Merge, why: string, hint?: string): Rendering {
  return {objects: [], notices: [cannotMerge(entry, merge, why, hint)], kept: []};
}

function whyUndecided(
  {port}: Entry,
  gateways: readonly Gateway[],
  {nativeSupported}: IstioOptions,
): string | undefined {
  if (!nativeSupported) return "needs proxies that support native routing";
  if (port === undefined) return "needs the Service's ports: give the Service among the files";
  return gateways.length === 0 ? "has no gateway of its kind that is known" : undefined;
}

const CHANGE = "Change that, or choose another way for this route: hosts or delegate.";

function cannotMerge({group, service}: Entry, merge: Merge, why: string, hint = CHANGE): Notice {
  return {
    severity: "error",
    subject: `group ${keyOf(group)}`,
    reason: "CannotMerge",
    message: `merge into route ${merge.route} of ${whatOf(merge)} ${why}; lanes on ${nameOf(service.service)} are not reached there`,
    hint,
  };
}

function whatOf({virtualService, httpRoute}: Merge): string {
  return virtualService === undefined ? `HTTPRoute ${httpRoute}` : `VirtualService ${virtualService}`;
}

function virtualServiceTarget(entry: Entry, merge: Merge, facts: ClusterFacts): Target | string {
  const users = virtualServices(facts).find(({key}) => key === merge.virtualService);
  if (users === undefined) return "does not work: there is no such VirtualService";
  const routes = (users.spec.http ?? []).filter(
    (route) => routeNames(route).includes(merge.route) || route.name === merge.route,
  );
  const [only, ...more] = routes;
  if (only === undefined || more.length > 0)
    return only === undefined ? "finds no such route" : "finds several of that name";
  const taken = takenRoute(entry, users, only);
  return typeof taken === "string" ? taken : {written: only, routes: taken};
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
  if (number !== undefined && port !== undefined && number !== port.port)
    return `does not work: it goes to port ${number}, not ${port.port}`;
  const {subset} = own.destination;
  const ownRetries = route.retries === undefined ? {} : {ownRetries: true};
  return {baseline: subset === undefined ? {} : {subset}, ...ownRetries};
}

function httpRouteTarget({service}: Entry, merge: Merge, facts: ClusterFacts): Target | string {
  const key = merge.httpRoute ?? "";
  const found = facts.httpRoutes.find(({metadata}) => `${metadata.namespace ?? "default"}/${metadata.name}` === key);
  if (found === undefined) return "does not work: there is no such HTTPRoute";
  const {rules = []} = (found.spec ?? {}) as HttpRouteSpec;
  const written = rules.find((rule, index) => ruleName(key, rule, index) === merge.route);
  if (written === undefined) return "finds no such rule";
  const [only, ...more] = written.backendRefs ?? [];
  const own = only !== undefined && `${only.namespace ?? namespaceOf(key)}/${only.name}` === service.service;
  if (!own || more.length > 0) return `does not work: it does not go to ${service.host} alone`;
  return {written, routes: written.retry === undefined ? {} : {ownRetries: true}};
}

/** A patch whose virtual host or name is not there does nothing, and nobody says so. */
function placesOf(
  merge: Merge,
  {written}: Target,
  gateways: readonly Gateway[],
  facts: ClusterFacts,
): Place[] | string {
  const bound = gateways.flatMap((gateway) => {
    const users = gatewayRoutes(gateway, facts).find(({what}) => what === whatOf(merge));
    const names = users?.routes.find((route) => route.written === written)?.names ?? [];
    return users === undefined ? [] : [{gateway, vhosts: users.vhosts, names}];
  });
  const keys = gateways.map(({key}) => key).join(", ");
  if (bound.length === 0) return `does not work: it is bound to no gateway of the group (${keys})`;
  const places = bound.filter(({vhosts, names}) => vhosts.length > 0 && names.length > 0);
  if (places.length === 0) return `does not work: none of its hosts is one that the group's gateways serve (${keys})`;
  return places;
}

/** A patch tells the routes of a virtual host by their names alone: another of that name would lead where this one does. */
function sameName(places: readonly Place[], {written}: Target, facts: ClusterFacts): string | undefined {
  const taken = new Set(places.flatMap(({vhosts}) => vhosts));
  const names = new Set(places.flatMap((place) => place.names));
  const near = gatewaysNear(
    places.map(({gateway}) => gateway),
    facts,
  );
  for (const {what, vhosts, routes} of near.flatMap((gateway) => gatewayRoutes(gateway, facts))) {
    const vhost = vhosts.find((one) => taken.has(one));
    const others = routes.filter((route) => route.written !== written).flatMap((route) => route.names);
    const name = others.find((one) => names.has(one));
    if (vhost !== undefined && name !== undefined)
      return `does not work: ${what} has another route ${name} at ${vhost}, and only by name can a route be told there`;
  }
  return undefined;
}

/** Virtual hosts of a gateway are named by host and server port; EnvoyFilters of one namespace reach its pods only. */
function onGateway(entry: Entry, {routes}: Target, {gateway, vhosts, names}: Place): IstioObject[] {
  const {service, route} = entry;
  const port = entry.port!;
  const chains = chainClusters(service, port);
  const patches = vhosts.flatMap((vhost) =>
    names.map((name) => mergePatch(service, port, chains, {context: "GATEWAY", vhost, routes: {...routes, name}})),
  );
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
