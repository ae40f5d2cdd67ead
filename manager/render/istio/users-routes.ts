import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {HttpRouteRef, HttpRouteRule, HttpRouteSpec} from "../../compile/http-route.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import {destinationsOf, type ForeignVirtualService, type HttpMatch, type HttpRoute} from "./foreign.ts";
import {namespaceOf} from "./names.ts";
import type {TakenRoutes} from "./native.ts";
import type {PreparedService} from "./prepared.ts";

/** A route that its owner wrote for a service's host, as sidecars have it for calls to one port. */
export interface UsersRoute {
  /** Of the Envoy routes that istiod makes of it. */
  readonly names: readonly string[];
  /** Subset and port of the service; undefined: it goes elsewhere. */
  readonly to?: NonNullable<TakenRoutes["baseline"]>;
  /** It answers by itself, so that no patch of routes with a route action meets it. */
  readonly answers: boolean;
  readonly ownRetries: boolean;
  /** Whether every caller has it. */
  readonly everywhere: boolean;
}

/** What istiod gives a caller that none of a user's routes is for: BuildSidecarVirtualHostWrapper in its pilot/pkg/networking/core/route. */
const ISTIODS_OWN: UsersRoute = {names: ["default"], to: {}, answers: false, ownRetries: false, everywhere: true};

/**
 * What the matcher is merged into for calls to a port: one patch by action where all routes that a caller may have go to the
 * same place, else one a name, as an EnvoyFilter can tell routes by nothing else. A text: why it cannot be.
 */
export function takenAt(port: number, routes: readonly UsersRoute[]): TakenRoutes[] | string {
  const users = routes.filter(({answers}) => !answers);
  const all = routes.some(({everywhere}) => everywhere) ? users : [...users, ISTIODS_OWN];
  // Its owner may write a VirtualService any moment: by its name nothing but istiod's own route is met.
  if (users.length === 0) return all.map(({to, names: [name]}) => ({baseline: to!, name: name!}));
  const [first] = all;
  if (first === undefined) return [];
  const place = ({to}: UsersRoute) => (to === undefined ? "" : `${to.subset ?? ""}/${to.port ?? port}`);
  const alike = (some: readonly UsersRoute[]) => some.every((one) => place(one) === place(some[0]!));
  if (first.to !== undefined && alike(all)) return [patch(first.to, all)];
  const why = alike(users)
    ? "not every caller has its routes (sourceLabels, sourceNamespace, exportTo, Sidecar)"
    : "its routes differ";
  return byName(all, why);
}

function patch(baseline: NonNullable<UsersRoute["to"]>, routes: readonly UsersRoute[]): TakenRoutes {
  return {baseline, ...(routes.some(({ownRetries}) => ownRetries) ? {ownRetries: true} : {})};
}

function byName(all: readonly UsersRoute[], why: string): TakenRoutes[] | string {
  const names = all.flatMap((route) => route.names);
  const taken: TakenRoutes[] = [];
  for (const route of all) {
    if (route.to === undefined) continue;
    for (const name of route.names) {
      if (name === "") return `${why}, and not each of them has a name`;
      if (names.filter((other) => other === name).length > 1) return `two of its routes have the name ${name}`;
      taken.push({...patch(route.to, [route]), name});
    }
  }
  return taken;
}

/** As istiod names the Envoy routes of one http route: TranslateRoute in its pilot/pkg/networking/core/route/route.go. */
export function routeNames({name = "", match = []}: HttpRoute): string[] {
  if (match.length === 0) return [name];
  const names = match.map((one) => (one.name === undefined ? name : `${name}.${one.name}`));
  return [...new Set(name === "" ? names.map(() => "") : names)];
}

/** A VirtualService's routes for calls to a port. Rule: TranslateRoute and sourceMatchHTTP, at the same place. */
export function virtualServiceRoutes(
  port: number,
  {host, facts, service}: PreparedService,
  {namespace, spec}: ForeignVirtualService,
): UsersRoute[] {
  const {exportTo = [], http = []} = spec;
  const narrowed = facts.sidecars.length > 0 && namespace !== namespaceOf(service);
  const seen = (exportTo.length === 0 || exportTo.includes("*")) && !narrowed;
  return http.flatMap((route): UsersRoute[] => {
    const every: readonly HttpMatch[] = route.match?.length ? route.match : [{}];
    const match = every.filter((one) => isAtPort(one, port) && isForSidecars(one));
    if (match.length === 0) return [];
    const [own] = destinationsOf(route, namespace, host, facts.domain);
    return [
      {
        names: routeNames({...route, match}),
        ...(own === undefined ? {} : {to: place(own.destination)}),
        answers: route.redirect !== undefined || route.directResponse !== undefined,
        ownRetries: http.some(({retries}) => retries !== undefined),
        everywhere: seen && match.some(isForAllSources),
      },
    ];
  });
}

function place({subset, port}: {subset?: string; port?: {number: number}}): NonNullable<UsersRoute["to"]> {
  return {...(subset === undefined ? {} : {subset}), ...(port === undefined ? {} : {port: port.number})};
}

function isAtPort(match: HttpMatch, port: number): boolean {
  return (match.port ?? 0) === 0 || match.port === port;
}

function isForSidecars({gateways = []}: HttpMatch): boolean {
  return gateways.length === 0 || gateways.includes("mesh");
}

/** Named gateways are asked instead of the source. */
function isForAllSources({gateways = [], sourceLabels = {}, sourceNamespace = ""}: HttpMatch): boolean {
  return gateways.length > 0 || (Object.keys(sourceLabels).length === 0 && sourceNamespace === "");
}

/** HTTPRoutes of the Gateway API whose parent is the Service. */
export function meshHttpRoutes(service: string, facts: ClusterFacts): KubernetesObject[] {
  return facts.httpRoutes.filter((route) => parentsOf(route, service).length > 0);
}

/** GRPCRoutes whose parent is the Service: istiod makes them routes of the host, which nothing of ours can stand beside. */
export function meshGrpcRoutes(service: string, facts: ClusterFacts): KubernetesObject[] {
  return facts.grpcRoutes.filter((route) => parentsOf(route, service).length > 0);
}

function parentsOf({metadata, spec}: KubernetesObject, service: string): readonly HttpRouteRef[] {
  const {parentRefs = []} = (spec ?? {}) as HttpRouteSpec;
  return parentRefs.filter(
    ({kind, name, namespace = metadata.namespace}) => kind === "Service" && `${namespace}/${name}` === service,
  );
}

/**
 * Rules of HTTPRoutes for calls to a port; one of another namespace than the Service's is for callers there.
 * Rule: HTTPRouteCollection in Istio's pilot/pkg/config/kube/gateway/route_collections.go, UseGatewaySemantics.
 */
export function httpRouteRoutes(
  port: number,
  {service}: PreparedService,
  routes: readonly KubernetesObject[],
): UsersRoute[] {
  return routes.flatMap((route) => {
    const {namespace = "default", name} = route.metadata;
    if (!parentsOf(route, service).some((parent) => parent.port === undefined || parent.port === port)) return [];
    return rulesOf(route).map((rule, index) => {
      const [only] = rule.backendRefs ?? [];
      return {
        names: [rule.name ?? `${namespace}.${name}.${index}`],
        to: only?.port === undefined ? {} : {port: only.port},
        answers: false,
        ownRetries: rule.retry !== undefined,
        everywhere: namespace === namespaceOf(service),
      };
    });
  });
}

/** Whether each rule goes to the Service and nowhere else. */
export function staysWith(service: string, route: KubernetesObject): boolean {
  return rulesOf(route).every(({backendRefs = []}) => {
    const [only, ...more] = backendRefs;
    return `${only?.namespace ?? route.metadata.namespace}/${only?.name}` === service && more.length === 0;
  });
}

function rulesOf({spec}: KubernetesObject): readonly HttpRouteRule[] {
  return ((spec ?? {}) as HttpRouteSpec).rules ?? [];
}
