import {isDeepStrictEqual} from "node:util";
import {hostOf} from "../../compile/hosts.ts";
import type {Destination} from "../../compile/plan.ts";
import {formerManager, isAdopted, ORIGINAL, WRITTEN, writtenHash} from "../../model/adopted.ts";
import {type KubernetesObject, managedBy} from "../../model/kubernetes.ts";
import {isOfLane, isOfLanes, variantName, withoutPasted} from "../../model/pasted.ts";
import type {JsonObject} from "../filter-config.ts";
import {
  destinationsOf as ownDestinations,
  type ForeignVirtualService,
  type HttpRoute,
  meshVirtualServices,
  type RouteDestination,
} from "./foreign.ts";
import {baselineRoutes, contextMatches, destinationOf, portsAreInferred, refusal, routeName} from "./lane-routes.ts";
import {CONTEXT} from "../../model/context.ts";
import {subsetOf} from "./names.ts";
import {type IstioObject, PART} from "./options.ts";
import {identity, madeFor, purposes} from "./own-object.ts";
import type {PreparedService} from "./prepared.ts";

/** What a VirtualService says; names in it are of its namespace. */
type UsersSpec = Pick<ForeignVirtualService, "namespace" | "spec">;

/** Services, `NAMESPACE/NAME`, whose VirtualService was handed over before: they stay adopted until they are given back. */
export function handedOver(live: readonly KubernetesObject[]): string[] {
  const adopted = live.filter((object) => object.kind === "VirtualService" && isAdopted(object));
  const services = adopted.flatMap(purposes).flatMap((purpose) => /^routes (.*)$/.exec(purpose)?.[1] ?? []);
  return [...new Set(services)].sort();
}

/**
 * The user's VirtualService with our routes in it; what was in their place stands in annotations, to give it back. Routes of lanes
 * that were pasted into it before are ours from then on: what is given back has none.
 * @param before what was handed over already, as it is in the cluster
 */
export function adopt(
  users: ForeignVirtualService,
  services: readonly PreparedService[],
  before: readonly KubernetesObject[] = [],
): IstioObject {
  const {object, namespace} = users;
  const met = before.find((one) => identity(one) === identity(object));
  const spec = withoutPasted(users.spec) as ForeignVirtualService["spec"];
  const {name, labels = {}, annotations = {}} = object.metadata;
  const http = spec.http === undefined ? {} : {http: withLanes({...users, spec}, services)};
  const written = {...spec, ...http} as unknown as JsonObject;
  const given = JSON.stringify(spec);
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
        [ORIGINAL]: given,
        [WRITTEN]: writtenHash(written, given),
      },
    },
    spec: written,
  };
  const handed = met === undefined ? [] : handedOver([met]).filter((service) => hasHostOf(service, users, services));
  const purpose = [...services.map(({service}) => service), ...handed].map((service) => `routes ${service}`);
  return madeFor(purpose, adopted);
}

/** A service stays handed over without lanes too, as long as the VirtualService is, and has its host. */
function hasHostOf(service: string, users: ForeignVirtualService, [any]: readonly PreparedService[]): boolean {
  const domain = any!.facts.domain;
  return meshVirtualServices([users], hostOf(service, domain), domain).length > 0;
}

/**
 * What of ours the user's own VirtualService has, where that is all that is needed: routes of lanes, or without them no more than
 * the subset that keeps requests of no lane off their pods. A lane that may have routes any moment needs more than nothing.
 * @param all services of which some may be routed by the same VirtualService
 */
export function pasted(
  users: ForeignVirtualService,
  service: PreparedService,
  all: readonly PreparedService[],
): "routes" | "no routes" | undefined {
  const {http = []} = users.spec;
  const isAsPrinted = [[service], all].some((services) =>
    isDeepStrictEqual(routesToHave(users, service, services), http),
  );
  if (!isAsPrinted) return undefined;
  const own = ownRoutes(http);
  if (own.length < http.length) return "routes";
  return service.lanes.length > 0 && isDeepStrictEqual(own, http) ? undefined : "no routes";
}

/**
 * The `http` list that the user's VirtualService is to have. Where nothing in it is the user's, the baseline's routes of the
 * service stand for that.
 * @param all services whose lanes it is to have, where it leads to them
 */
export function routesToHave(
  {namespace, spec}: UsersSpec,
  service: PreparedService,
  all: readonly PreparedService[],
): HttpRoute[] {
  const own = ownRoutes(spec.http ?? []);
  const http = own.length > 0 ? own : ownRoutes(baselineRoutes(service));
  return withLanes({namespace, spec: {http}}, all);
}

function ownRoutes(http: readonly HttpRoute[]): readonly HttpRoute[] {
  return (withoutPasted({http}) as {http: readonly HttpRoute[]}).http;
}

/**
 * The user's http routes. Before each one that goes to a service's host stand its variants: the same match and the context of
 * some lanes, all else kept, the lanes' destination instead of theirs. A route that shares requests out by weight does so for
 * requests of no lane only; one that matches the context itself is as its owner wants it.
 */
function withLanes(users: UsersSpec, services: readonly PreparedService[]): HttpRoute[] {
  return (users.spec.http ?? []).flatMap((route) => {
    const service = services.find(
      ({host, facts}) => ownDestinations(route, users.namespace, host, facts.domain).length > 0,
    );
    return service === undefined || isOfLanes(route)
      ? [route]
      : [...variants(route, users, service), onBaseline(route, users, service)];
  });
}

function variants(route: HttpRoute, users: UsersSpec, service: PreparedService): HttpRoute[] {
  const [own] = ownDestinations(route, users.namespace, service.host, service.facts.domain);
  const {taken, refused} = service.routes;
  const {route: _destinations, ...rest} = route;
  return [
    ...taken.map(({lanes, to}) => ({
      ...rest,
      name: variantName(route, routeName(to)),
      match: matches(route, contextMatches(lanes)),
      route: [{...withoutWeight(own!), destination: laneDestination(service, to, own!)}],
    })),
    ...refused.map((lane) => {
      const {name, directResponse} = refusal(service.service, lane);
      const match = matches(route, [{exact: lane}]);
      return {name: variantName(route, name), match, directResponse};
    }),
  ];
}

function matches({match = []}: HttpRoute, contexts: readonly JsonObject[]) {
  const each = match.length === 0 ? [{}] : match.filter((one) => !isOfLane(one));
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
function onBaseline(route: HttpRoute, users: UsersSpec, service: PreparedService): HttpRoute {
  const subset = subsetOf(service.baseline);
  if (subset === undefined) return route;
  const {domain} = service.facts;
  const mine = new Set<object>(ownDestinations(route, users.namespace, service.host, domain));
  const destinations = (route.route ?? []).map((one) =>
    mine.has(one) && one.destination?.subset === undefined ? {...one, destination: {...one.destination, subset}} : one,
  );
  return {...route, route: destinations};
}
