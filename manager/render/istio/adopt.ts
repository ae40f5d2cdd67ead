import {isDeepStrictEqual} from "node:util";
import type {Destination} from "../../compile/plan.ts";
import {formerManager, isAdopted, isOfLanes, ORIGINAL, specHash, withoutLanes, WRITTEN} from "../../model/adopted.ts";
import {type KubernetesObject, managedBy} from "../../model/kubernetes.ts";
import type {JsonObject} from "../filter-config.ts";
import {
  destinationsOf as ownDestinations,
  type ForeignVirtualService,
  type HttpRoute,
  type RouteDestination,
} from "./foreign.ts";
import {contextMatches, destinationOf, portsAreInferred, refusal, routeName} from "./lane-routes.ts";
import {CONTEXT, subsetOf} from "./names.ts";
import {type IstioObject, PART} from "./options.ts";
import {madeFor, purposes} from "./own-object.ts";
import type {PreparedService} from "./prepared.ts";

/** Services, `NAMESPACE/NAME`, whose VirtualService was handed over before: they stay adopted until they are given back. */
export function handedOver(live: readonly KubernetesObject[]): string[] {
  const adopted = live.filter((object) => object.kind === "VirtualService" && isAdopted(object));
  const services = adopted.flatMap(purposes).flatMap((purpose) => /^routes (.*)$/.exec(purpose)?.[1] ?? []);
  return [...new Set(services)].sort();
}

/**
 * The user's VirtualService with our routes in it; what was in their place stands in annotations, to give it back. Routes of lanes
 * that were pasted into it are ours from now on: what is given back has none.
 */
export function adopt(users: ForeignVirtualService, services: readonly PreparedService[]): IstioObject {
  const {object, namespace} = users;
  const spec = withoutLanes(users.spec) as ForeignVirtualService["spec"];
  const {name, labels = {}, annotations = {}} = object.metadata;
  const written = {...spec, http: withLanes({...users, spec}, services)} as unknown as JsonObject;
  const adopted = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name,
      namespace,
      labels: {...labels, ...managedBy, [PART]: "routes"},
      annotations: {
        ...annotations,
        ...formerManager(object),
        [ORIGINAL]: JSON.stringify(spec),
        [WRITTEN]: specHash(written),
      },
    },
    spec: written,
  };
  const purpose = services.map(({service}) => `routes ${service}`);
  return madeFor(purpose, adopted);
}

/** Whether the user's own VirtualService has the lanes' routes as they should be, none of them, or others. */
export function pasted(users: ForeignVirtualService, services: readonly PreparedService[]): "all" | "none" | "other" {
  const http = users.spec.http ?? [];
  const without = http.filter((route) => !isOfLanes(route));
  if (without.length === http.length) return "none";
  const wanted = withLanes({...users, spec: {...users.spec, http: without}}, services);
  return isDeepStrictEqual(wanted, http) ? "all" : "other";
}

/**
 * The user's http routes. Before each one that goes to a service's host stand its variants: the same match and the context of
 * some lanes, all else kept, the lanes' destination instead of theirs. A route that shares requests out by weight does so for
 * requests of no lane only.
 */
export function withLanes(users: ForeignVirtualService, services: readonly PreparedService[]): HttpRoute[] {
  return (users.spec.http ?? []).flatMap((route) => {
    const service = services.find(
      ({host, facts}) => ownDestinations(route, users.namespace, host, facts.domain).length > 0,
    );
    return service === undefined ? [route] : [...variants(route, users, service), onBaseline(route, users, service)];
  });
}

function variants(route: HttpRoute, users: ForeignVirtualService, service: PreparedService): HttpRoute[] {
  const [own] = ownDestinations(route, users.namespace, service.host, service.facts.domain);
  const {taken, refused} = service.routes;
  const {route: _destinations, ...rest} = route;
  const prefix = route.name === undefined ? "" : `${route.name}-`;
  return [
    ...taken.map(({lanes, to}) => ({
      ...rest,
      name: `${prefix}${routeName(to)}`,
      match: matches(route, contextMatches(lanes)),
      route: [{...withoutWeight(own!), destination: laneDestination(service, to, own!)}],
    })),
    ...refused.map((lane) => {
      const {name, directResponse} = refusal(service.service, lane);
      const match = matches(route, [{exact: lane}]);
      return {name: `${prefix}${name}`, match, directResponse};
    }),
  ];
}

function matches({match = []}: HttpRoute, contexts: readonly JsonObject[]) {
  const each = match.length === 0 ? [{}] : match;
  return each.flatMap((one: {headers?: JsonObject}) =>
    contexts.map((context) => ({...one, headers: {...one.headers, [CONTEXT]: context}})),
  );
}

function withoutWeight({weight: _weight, ...rest}: RouteDestination): RouteDestination {
  return rest;
}

function laneDestination(service: PreparedService, to: Destination, own: RouteDestination) {
  const {ports = []} = service;
  const asked = ports.find(({port}) => port === own.destination.port?.number);
  const only = ports.length === 1 && !portsAreInferred(service, to) ? ports[0] : undefined;
  return destinationOf(service, to, asked ?? only) as unknown as RouteDestination["destination"];
}

/** Where lanes share the Service, requests of no lane go to the baseline's pods, unless the user named a subset. */
function onBaseline(route: HttpRoute, users: ForeignVirtualService, service: PreparedService): HttpRoute {
  const subset = subsetOf(service.baseline);
  if (subset === undefined) return route;
  const {domain} = service.facts;
  const mine = new Set<object>(ownDestinations(route, users.namespace, service.host, domain));
  const destinations = (route.route ?? []).map((one) =>
    mine.has(one) && one.destination?.subset === undefined ? {...one, destination: {...one.destination, subset}} : one,
  );
  return {...route, route: destinations};
}
