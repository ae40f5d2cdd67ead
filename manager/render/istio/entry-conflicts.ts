import {type ClusterFacts, type Gateway, gatewaysNamed} from "../../compile/cluster-facts.ts";
import {covers} from "../../compile/hosts.ts";
import type {HttpRouteRef, HttpRouteSpec} from "../../compile/http-route.ts";
import {overlap} from "../../model/check/hosts.ts";
import {type EntryRoute, keyOf, selects, type SwimLaneGroup} from "../../model/index.ts";
import {isRendered, type KubernetesObject} from "../../model/kubernetes.ts";
import type {Entry} from "./entry-routes.ts";
import {destinationsOf, type ForeignVirtualService, gatewayVirtualServices, virtualServices} from "./foreign.ts";
import {nameOf, namespaceOf} from "./names.ts";
import type {IstioOptions, Notice} from "./options.ts";
import {purposes} from "./own-object.ts";
import type {PreparedService} from "./prepared.ts";

/** What is left to write of an entry's route. */
export interface Free {
  /** Of those that are handed over, the hosts that nobody else has. */
  readonly hosts: readonly string[];
  /** Whether there is something to write at all. */
  readonly any: boolean;
  readonly notices: readonly Notice[];
}

/** What users have where an entry's route is to be written, and what the route cannot say. */
export function gatewayConflicts(entry: Entry, facts: ClusterFacts): Free {
  const {service, route, gateways, group} = entry;
  // What `render` gave for this entry is no rival: whether it is as it is to be is asked when it would be written.
  const isOwn = (object: KubernetesObject) =>
    isRendered(object) && purposes(object).includes(`entry ${service.service}`);
  const all = virtualServices(facts).filter(({object}) => !isOwn(object));
  const routes = gatewayApiRoutes(facts).filter((object) => !isOwn(object));
  if (route.delegate !== undefined) {
    const key = `${namespaceOf(service.service)}/${route.delegate}`;
    const met = all.some((users) => users.key === key);
    const why = `is what entry.routes of group ${keyOf(group)} would write as a delegate`;
    if (met) return {hosts: [], any: false, notices: [taken("VirtualService", key, why)]};
    const said = !facts.complete || isDelegatedTo(key, gateways, facts);
    return {hosts: [], any: true, notices: said ? [] : [nobodyDelegates(entry, key)]};
  }
  const hosts = route.hosts ?? [];
  const near = sharingPods(gateways, facts);
  const theirs = [...virtualServiceHosts(near, all), ...gatewayApiHosts(near, routes)].map((users) => ({
    ...users,
    had: hosts.filter((host) => users.hosts.some((theirHost) => loses(theirHost, host))),
  }));
  const rivals = theirs.filter(({had}) => had.length > 0);
  const free = hosts.filter((host) => !rivals.some(({had}) => had.includes(host)));
  const why = (had: readonly string[]) =>
    `has ${had.join(", ")}, which entry.routes of group ${keyOf(group)} would take over`;
  const notices = [
    ...rivals.map(({kind, key, had}) => taken(kind, key, why(had))),
    ...labelsAtGateway(entry),
    ...notServed(entry, free),
  ];
  return {hosts: free, any: free.length > 0, notices};
}

type RouteKind = "HTTPRoute" | "GRPCRoute";

/** Both kinds give a gateway routes of a host. */
function gatewayApiRoutes({httpRoutes, grpcRoutes}: ClusterFacts): KubernetesObject[] {
  return [...httpRoutes, ...grpcRoutes];
}

/** What users route on gateways. */
interface Users {
  readonly kind: "VirtualService" | RouteKind;
  readonly key: string;
  readonly hosts: readonly string[];
}

function sharingPods(gateways: readonly Gateway[], facts: ClusterFacts): string[] {
  return [...new Set(gatewaysNear(gateways, facts).map(({key}) => key))];
}

/** These and all gateways on their pods, and on a port of theirs: istiod makes one set of routes of them. */
export function gatewaysNear(gateways: readonly Gateway[], facts: ClusterFacts): Gateway[] {
  const all = [...facts.gateways.keys()].flatMap((key) => gatewaysNamed(facts, key));
  return [...new Set([...gateways, ...all.filter((other) => gateways.some((gateway) => isNear(gateway, other)))])];
}

function isNear(a: Gateway, b: Gateway): boolean {
  const ports = new Set(a.servers.map(({port}) => port));
  if (!b.servers.some(({port}) => ports.has(port))) return false;
  if (!a.namespaces.some((namespace) => b.namespaces.includes(namespace))) return false;
  if (selects(a.selector, b.selector) || selects(b.selector, a.selector)) return true;
  return a.workloads.some(({namespace, labels}) => b.namespaces.includes(namespace) && selects(b.selector, labels));
}

function isDelegatedTo(key: string, gateways: readonly Gateway[], facts: ClusterFacts): boolean {
  const all = virtualServices(facts);
  const roots = sharingPods(gateways, facts).flatMap((gateway) => gatewayVirtualServices(all, gateway));
  return roots.some(({namespace, spec}) =>
    (spec.http ?? []).some(({delegate}) => `${delegate?.namespace || namespace}/${delegate?.name}` === key),
  );
}

function nobodyDelegates({group, service}: Entry, key: string): Notice {
  return {
    severity: "warning",
    subject: `group ${keyOf(group)}`,
    reason: "NobodyDelegates",
    message: `no VirtualService on its gateways delegates to ${key}, by which entry.routes lets lanes into ${nameOf(service.service)}`,
    hint: `Write delegate: {name: ${nameOf(key)}, namespace: ${namespaceOf(key)}} into a route of yours there.`,
  };
}

function virtualServiceHosts(gateways: readonly string[], all: readonly ForeignVirtualService[]): Users[] {
  const users = new Set(gateways.flatMap((key) => gatewayVirtualServices(all, key)));
  return [...users].map(({key, spec}) => ({kind: "VirtualService", key, hosts: spec.hosts ?? []}));
}

function gatewayApiHosts(gateways: readonly string[], all: readonly KubernetesObject[]): Users[] {
  return all.flatMap(({kind, metadata, spec}) => {
    const {namespace: home = "default", name} = metadata;
    const {parentRefs = [], hostnames = ["*"]} = (spec ?? {}) as HttpRouteSpec;
    const here = parentRefs.some((parent) => gateways.includes(`${parent.namespace ?? home}/${parent.name}`));
    return here ? [{kind: kind as RouteKind, key: `${home}/${name}`, hosts: hostnames}] : [];
  });
}

/** Whether requests for a host of theirs would become ours: of two hosts the one that says more goes first. */
function loses(theirs: string, ours: string): boolean {
  const [wide, narrow] = [theirs.toLowerCase(), ours.toLowerCase()];
  if (wide !== narrow && covers(narrow, wide)) return false;
  return covers(wide, narrow) || overlap(wide, narrow);
}

function labelsAtGateway({service, gateways, group}: Entry): Notice[] {
  if (!gateways.some(({api}) => api === "gateway-api")) return [];
  const labelled = service.routes.taken.filter(({to}) => to.labels !== undefined).flatMap(({lanes}) => lanes);
  if (labelled.length === 0) return [];
  return [
    {
      severity: "warning",
      subject: `group ${keyOf(group)}`,
      reason: "LabelsAtGateway",
      message:
        `a route of the Gateway API cannot name labels: at the gateway, requests of lanes ${labelled.join(", ")} go to any pod of ` +
        `${service.service}, and requests of no lane to the pods of these lanes too`,
      hint: "Give their workloads Services of their own (to: or image:) instead of labels:, or write merge: into an HTTPRoute of yours.",
    },
  ];
}

/** Hosts that no gateway of the group takes from the namespace that our route is in: it would have no effect. */
function notServed({service, gateways, group}: Entry, hosts: readonly string[]): Notice[] {
  if (gateways.length === 0) return [];
  const namespace = namespaceOf(service.service);
  const open = hosts.filter((host) => !gateways.some((gateway) => isServed(host, gateway, namespace)));
  const keys = [...new Set(gateways.map(({key}) => key))].join(", ");
  return open.map((host) => ({
    severity: "warning",
    subject: `group ${keyOf(group)}`,
    reason: "HostNotServed",
    message:
      `host ${host} of entry.routes for ${nameOf(service.service)} is none that gateway ${keys} takes from namespace ${namespace}; ` +
      `the route there has no effect, so requests get 404`,
    hint: `${gateways.map((gateway) => toServe(host, gateway, namespace)).join("; or ")}.`,
  }));
}

/** Rule: pickMatchingGatewayHosts in Istio's pilot/pkg/networking/core/gateway.go; of two wildcards, either may be the wider. */
function isServed(host: string, {key, servers}: Gateway, namespace: string): boolean {
  return servers.some(({hosts, allows}) => {
    if (allows?.(namespace) === false) return false;
    return hosts.some((written) => isHostFor(host, namespace, written, namespaceOf(key)));
  });
}

/** @param written a server's host: `HOST`, or `NAMESPACE/HOST` for routes of that namespace; `.` is the Gateway's own */
function isHostFor(host: string, namespace: string, written: string, own: string): boolean {
  const slash = written.indexOf("/");
  const from = slash < 0 ? "*" : written.slice(0, slash);
  if (from !== "*" && (from === "." ? own : from) !== namespace) return false;
  const [theirs, ours] = [written.slice(slash + 1).toLowerCase(), host.toLowerCase()];
  return covers(theirs, ours) || covers(ours, theirs);
}

function toServe(host: string, {api, key, servers}: Gateway, namespace: string): string {
  if (api === "istio") return `Add ${namespace}/${host} to the hosts of a server of Gateway ${key}`;
  const allowing = `allowedRoutes: {namespaces: {from: All}}, or from: Selector with labels of namespace ${namespace}`;
  const has = servers.some(({hosts}) => hosts.some((theirs) => isHostFor(host, namespace, theirs, namespace)));
  if (has) return `Write into the listener of Gateway ${key} that has the host ${allowing}`;
  return `Add a listener with hostname: "${host}" to Gateway ${key}${namespace === namespaceOf(key) ? "" : `, with ${allowing}`}`;
}

const TAKEN = {
  VirtualService: {reason: "HostHasVirtualService", instead: "write delegate: or merge: there instead"},
  HTTPRoute: {reason: "HostHasHttpRoute", instead: "write merge: there instead"},
  GRPCRoute: {reason: "HostHasGrpcRoute", instead: "turn it into an HTTPRoute and write merge: there instead"},
} as const;

function taken(kind: Users["kind"], key: string, why: string): Notice {
  return {
    severity: "error",
    subject: `${kind} ${key} (yours)`,
    reason: TAKEN[kind].reason,
    message: `${why}; what is there stays as it is`,
    hint: `Take the host out of it to hand that over, or ${TAKEN[kind].instead}.`,
  };
}

/** Users' routes by which a gateway of the group calls a service that lanes override, where nobody chose how lanes get in. */
export function unchosen(
  group: SwimLaneGroup,
  services: readonly PreparedService[],
  facts: ClusterFacts,
  {adopt}: IstioOptions,
): Notice[] {
  const open = services.filter(
    ({service, group: own, lanes}) => own === group && lanes.length > 0 && !adopt.includes(service),
  );
  return group.spec.entry.gateways.flatMap((gateway) =>
    open.flatMap((service) => {
      const chosen = group.spec.entry.routes.filter((route) => route.service === nameOf(service.service));
      const users = [...virtualServicesTo(service, gateway, facts), ...gatewayApiRoutesTo(service, gateway, facts)];
      return users.filter((one) => !isChosen(one, chosen)).map((one) => report(service, gateway, one));
    }),
  );
}

/** What `merge` says of each; into a GRPCRoute nothing is merged. */
const MERGED = {VirtualService: "virtualService", HTTPRoute: "httpRoute", GRPCRoute: undefined} as const;

/** A route object of a user by which a gateway calls a service. */
interface UsersRoutes extends Users {
  /** Names of its routes that do. */
  readonly routes: readonly (string | undefined)[];
}

/** Merged route by route; or what was chosen cannot be, which has been said: no such route, a host or a name that is taken. */
function isChosen({kind, key, hosts, routes}: UsersRoutes, chosen: readonly EntryRoute[]): boolean {
  const merged = chosen.flatMap(({merge}) =>
    merge !== undefined && MERGED[kind] !== undefined && merge[MERGED[kind]] === key ? merge.route : [],
  );
  const open = routes.filter((name) => name === undefined || !merged.includes(name));
  if (merged.length > 0 && (open.length === 0 || open.length === routes.length)) return true;
  return chosen.some(
    ({hosts: ours = [], delegate}) =>
      (delegate !== undefined && nameOf(key) === delegate) ||
      ours.some((host) => hosts.some((their) => loses(their, host))),
  );
}

function virtualServicesTo({host}: PreparedService, gateway: string, facts: ClusterFacts): UsersRoutes[] {
  return gatewayVirtualServices(virtualServices(facts), gateway).flatMap(({key, namespace, spec}) => {
    const own = (spec.http ?? []).filter((route) => destinationsOf(route, namespace, host, facts.domain).length > 0);
    const routes = own.map(({name}) => name);
    return own.length === 0 ? [] : [{kind: "VirtualService" as const, key, hosts: spec.hosts ?? [], routes}];
  });
}

function gatewayApiRoutesTo({service}: PreparedService, gateway: string, facts: ClusterFacts): UsersRoutes[] {
  return gatewayApiRoutes(facts).flatMap(({kind, metadata, spec}) => {
    const {namespace: home = "default", name} = metadata;
    const {parentRefs = [], rules = [], hostnames = ["*"]} = (spec ?? {}) as HttpRouteSpec;
    const is = (key: string) => (ref: HttpRouteRef) => `${ref.namespace ?? home}/${ref.name}` === key;
    if (!parentRefs.some(is(gateway))) return [];
    const named = rules.map((rule, index) => ({...rule, name: rule.name ?? `${home}.${name}.${index}`}));
    const own = named.filter(({backendRefs = []}) => backendRefs.some(is(service)));
    const routes = own.map((rule) => rule.name);
    return own.length === 0 ? [] : [{kind: kind as RouteKind, key: `${home}/${name}`, hosts: hostnames, routes}];
  });
}

function report({service}: PreparedService, gateway: string, {kind, key}: UsersRoutes): Notice {
  const field = MERGED[kind];
  const name = nameOf(service);
  const ways = [
    `hosts: [HOST] (Meshlane writes the route)`,
    ...(kind !== "VirtualService" ? [] : [`delegate: NAME (yours delegates to it)`]),
    field === undefined
      ? `merge: {httpRoute: ${namespaceOf(key)}/NAME, route: NAME} (after you turned yours into that HTTPRoute)`
      : `merge: {${field}: ${key}, route: NAME} (yours stays)`,
  ];
  return {
    severity: "warning",
    subject: `${kind} ${key} (yours)`,
    reason: "EntryWithoutWay",
    message: `takes requests from gateway ${gateway} to ${name}; nothing changed, so there they get the baseline, whatever their lane`,
    hint: `Write entry: {routes: [{service: ${name}, ...}]} with one of ${ways.join(", ")}.`,
  };
}
