import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import {destinationsOf, type ForeignVirtualService, type HttpRoute} from "./foreign.ts";
import {nameOf} from "./names.ts";
import type {TakenRoutes} from "./native.ts";
import type {Notice} from "./options.ts";
import type {PreparedService} from "./prepared.ts";

/** The routes of users' VirtualServices that the matcher is merged into, or why it cannot be. */
export type Native = {readonly taken: readonly TakenRoutes[]} | {readonly obstacle: string};

const ALL_ROUTES: Native = {taken: [{}]};

/**
 * What native routing takes of the routes that users wrote for the service's host: those that go to this host alone. An
 * EnvoyFilter names a route by its action or its name, nothing else, so where routes differ each needs a name of its own.
 */
export function nativeRoutes(service: PreparedService, users: readonly ForeignVirtualService[]): Native {
  if (service.ports === undefined) {
    return {obstacle: `the ports of Service ${service.service} are not known: give the Service among the files`};
  }
  const routes = meshHttpRoutes(service.service, service.facts);
  if (routes.length > 0) return throughHttpRoutes(service, routes);
  const [only, ...more] = users;
  if (only === undefined) return ALL_ROUTES;
  if (more.length > 0) return {obstacle: `the host has ${users.length} VirtualServices`};
  return throughVirtualService(service, only);
}

type Named = TakenRoutes & {readonly names: readonly string[]};

function throughVirtualService(service: PreparedService, users: ForeignVirtualService): Native {
  const taken: Named[] = [];
  const left: string[] = [];
  for (const [index, route] of (users.spec.http ?? []).entries()) {
    const where = route.name === undefined ? `http[${index}]` : `route ${route.name}`;
    if (route.delegate !== undefined) return {obstacle: `${where} is a delegate's`};
    if (route.redirect !== undefined || route.directResponse !== undefined) continue;
    const found = takenRoute(service, users, route);
    if (found === undefined) left.push(...routeNames(route));
    else if (typeof found === "string") return {obstacle: `${where} ${found}`};
    else taken.push(found);
  }
  const ownRetries = (users.spec.http ?? []).some(({retries}) => retries !== undefined);
  return named(
    taken.map((one) => (ownRetries ? {...one, ownRetries} : one)),
    left,
    users.spec.exportTo,
  );
}

/** Undefined: the route goes elsewhere. A text: why the matcher cannot take its place. */
function takenRoute(
  {service, host, facts, ports = []}: PreparedService,
  {namespace}: ForeignVirtualService,
  route: HttpRoute,
): Named | string | undefined {
  const [own] = destinationsOf(route, namespace, host, facts.domain);
  if (own === undefined) return undefined;
  if ((route.route ?? []).length > 1) return "shares requests out by weight";
  const {subset, port} = own.destination;
  if (port !== undefined && !ports.some((each) => each.port === port.number)) {
    return `goes to port ${port.number}, which is no HTTP port of ${service}`;
  }
  const baseline = {...(subset === undefined ? {} : {subset}), ...(port === undefined ? {} : {port: port.number})};
  return {baseline, names: routeNames(route)};
}

/** One patch by action where all routes with one are alike, else one a name. */
function named(taken: readonly Named[], left: readonly string[], exportTo: readonly string[] = []): Native {
  const [first, ...more] = taken;
  if (first === undefined) return {obstacle: "none of its routes goes to the host itself"};
  const alike = more.every(({baseline}) => JSON.stringify(baseline) === JSON.stringify(first.baseline));
  if (alike && left.length === 0) return {taken: [withoutNames(first)]};
  if (exportTo.length > 0 && !exportTo.includes("*")) {
    return {obstacle: "its routes differ, and it is not exported to all namespaces"};
  }
  const all = [...taken.flatMap(({names}) => names), ...left];
  const unnamed = taken.some(({names}) => names.some((name) => name === ""));
  if (unnamed) return {obstacle: "its routes differ, and not each of them has a name"};
  const byName = new Map<string, TakenRoutes>();
  for (const {names, ...routes} of taken) {
    for (const name of names) {
      if (all.filter((other) => other === name).length > 1)
        return {obstacle: `two of its routes have the name ${name}`};
      byName.set(name, {...routes, name});
    }
  }
  return {taken: [...byName.values()]};
}

function withoutNames({names: _names, ...routes}: Named): TakenRoutes {
  return {...routes, baseline: routes.baseline ?? {}};
}

/** As istiod names the Envoy routes of one http route: TranslateRoute in its pilot/pkg/networking/core/route/route.go. */
export function routeNames({name = "", match = []}: HttpRoute): string[] {
  if (match.length === 0) return [name];
  const names = match.map((one) => (one.name === undefined ? name : `${name}.${one.name}`));
  return [...new Set(name === "" ? names.map(() => "") : names)];
}

/** HTTPRoutes of the Gateway API whose parent is the Service. */
export function meshHttpRoutes(service: string, facts: ClusterFacts): KubernetesObject[] {
  return facts.httpRoutes.filter(({metadata, spec}) => {
    const {parentRefs = []} = (spec ?? {}) as {
      parentRefs?: readonly {kind?: string; name?: string; namespace?: string}[];
    };
    return parentRefs.some(
      ({kind, name, namespace = metadata.namespace}) => kind === "Service" && `${namespace}/${name}` === service,
    );
  });
}

interface Backend {
  readonly name?: string;
  readonly namespace?: string;
  readonly port?: number;
}

function throughHttpRoutes({service}: PreparedService, routes: readonly KubernetesObject[]): Native {
  const rules = routes.flatMap(({metadata, spec}) =>
    (((spec ?? {}) as {rules?: readonly {backendRefs?: readonly Backend[]}[]}).rules ?? []).map(({backendRefs = []}) =>
      backendRefs.map(({name, namespace = metadata.namespace, port}) => ({key: `${namespace}/${name}`, port})),
    ),
  );
  const ports = new Set(rules.map(([first]) => first?.port));
  const simple = rules.every(([first, ...more]) => first?.key === service && more.length === 0);
  const [port] = ports;
  if (!simple || ports.size > 1) return {obstacle: "HTTPRoutes share its requests out among Services or ports"};
  return {taken: [{baseline: port === undefined ? {} : {port}}]};
}

/** A VirtualService or HTTPRoute of somebody else on a host that lanes need. */
export function conflict(service: PreparedService, users: readonly ForeignVirtualService[], native: Native): Notice {
  const [first] = users;
  const route = meshHttpRoutes(service.service, service.facts)[0];
  const name = nameOf(service.service);
  const why = "obstacle" in native ? ` (routing: native is no way here: ${native.obstacle})` : "";
  if (first === undefined) {
    const key = `${route?.metadata.namespace}/${route?.metadata.name}`;
    return {
      severity: "error",
      subject: `HTTPRoute ${key} (yours)`,
      reason: "HostHasHttpRoute",
      message: `has service ${name}; its lanes stay as they are${why}`,
      hint: "Write routing: native in the group, or turn it into a VirtualService.",
    };
  }
  return {
    severity: "error",
    subject: `VirtualService ${first.key} (yours)`,
    reason: "HostHasVirtualService",
    message: `has this host; its lanes stay as they are${why}`,
    hint: `--adopt ${service.service}, or paste: meshlane render --routes ${name}`,
  };
}
