import type {ServicePort} from "../../compile/cluster-facts.ts";
import {resolveHost} from "../../compile/hosts.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import {destinationsOf, type ForeignVirtualService} from "./foreign.ts";
import {nameOf} from "./names.ts";
import type {TakenRoutes} from "./native.ts";
import type {Notice} from "./options.ts";
import {purposes} from "./own-object.ts";
import type {PreparedService} from "./prepared.ts";
import {
  httpRouteRoutes,
  meshGrpcRoutes,
  meshHttpRoutes,
  staysWith,
  takenAt,
  type UsersRoute,
  virtualServiceRoutes,
} from "./users-routes.ts";

/** The routes of users that the matcher is merged into, by port of the service, or why it cannot be. */
export type Native = {readonly taken: ReadonlyMap<number, readonly TakenRoutes[]>} | {readonly obstacle: string};

/**
 * What native routing takes of the routes that users wrote for the service's host: those that go to this host alone. Where
 * requests of no lane go is never changed.
 */
export function nativeRoutes(service: PreparedService, users: readonly ForeignVirtualService[]): Native {
  if (service.ports === undefined) {
    return {obstacle: `the ports of Service ${service.service} are not known: give the Service among the files`};
  }
  if (service.facts.kubernetesServices.get(service.service)?.alias !== undefined) {
    return {obstacle: "the Service is of type ExternalName, which has no routes of its own that can be patched"};
  }
  const routes = meshHttpRoutes(service.service, service.facts);
  const [only, ...more] = users;
  const [grpc] = meshGrpcRoutes(service.service, service.facts);
  if (grpc !== undefined) return {obstacle: `the host has GRPCRoute ${keyOf(grpc)}`};
  if (only !== undefined && routes.length > 0) return {obstacle: "the host has a VirtualService and an HTTPRoute"};
  if (more.length > 0) return {obstacle: `the host has ${users.length} VirtualServices`};
  if (only !== undefined) {
    const obstacle = virtualServiceObstacle(service, only);
    return obstacle === undefined
      ? atPorts(service.ports, (port) => virtualServiceRoutes(port, service, only))
      : {obstacle};
  }
  // What we write ourselves for the host; a VirtualService of somebody that comes later has no effect beside it.
  if (routes.length === 0 && service.baseline.labels !== undefined)
    return {taken: new Map(service.ports.map(({port}) => [port, [{baseline: {}}]]))};
  const simple = routes.every((route) => staysWith(service.service, route));
  if (!simple) return {obstacle: "HTTPRoutes share its requests out among Services, or answer by themselves"};
  return atPorts(service.ports, (port) => httpRouteRoutes(port, service, routes));
}

function atPorts(ports: readonly ServicePort[], routesAt: (port: number) => readonly UsersRoute[]): Native {
  const taken = new Map<number, readonly TakenRoutes[]>();
  for (const {port} of ports) {
    const found = takenAt(port, routesAt(port));
    if (typeof found === "string") return {obstacle: ports.length === 1 ? found : `at port ${port} ${found}`};
    taken.set(port, found);
  }
  return {taken};
}

/** Why the matcher cannot take the place of what a route says, whatever the port. */
function virtualServiceObstacle(service: PreparedService, users: ForeignVirtualService): string | undefined {
  let taken = 0;
  for (const [index, route] of (users.spec.http ?? []).entries()) {
    const where = route.name === undefined ? `http[${index}]` : `route ${route.name}`;
    if (route.delegate !== undefined) return `${where} is a delegate's`;
    if (route.redirect !== undefined || route.directResponse !== undefined) continue;
    const [own] = destinationsOf(route, users.namespace, service.host, service.facts.domain);
    if (own === undefined) continue;
    if ((route.route ?? []).length > 1) return `${where} shares requests out by weight`;
    const number = own.destination.port?.number;
    if (number !== undefined && service.ports?.some(({port}) => port === number) === false) {
      return `${where} goes to port ${number}, which is no HTTP port of ${service.service}`;
    }
    taken++;
  }
  return taken === 0 ? "none of its routes goes to the host itself" : undefined;
}

/**
 * A VirtualService, HTTPRoute or GRPCRoute of somebody else on a host that lanes need.
 * @param standing what of ours is in the cluster
 */
export function conflict(
  service: PreparedService,
  users: readonly ForeignVirtualService[],
  native: Native,
  standing: readonly KubernetesObject[] = [],
): Notice {
  const [first] = users;
  const [route] = meshHttpRoutes(service.service, service.facts);
  const [grpc] = meshGrpcRoutes(service.service, service.facts);
  const name = nameOf(service.service);
  const why = "obstacle" in native ? ` (routing: native is no way here: ${native.obstacle})` : "";
  if (first === undefined && grpc !== undefined) {
    return {
      severity: "error",
      subject: `GRPCRoute ${keyOf(grpc)} (yours)`,
      reason: "HostHasGrpcRoute",
      message: `has service ${name}, and lanes have no way beside it, natively or by routes; they stay as they are`,
      hint: "Turn it into a VirtualService: lanes there need one.",
    };
  }
  if (first === undefined) {
    return {
      severity: "error",
      subject: `HTTPRoute ${route === undefined ? "" : keyOf(route)} (yours)`,
      reason: "HostHasHttpRoute",
      message: `has service ${name}; ${whatStays(service, native, standing)}${why}`,
      hint: "Write routing: native in the group, or turn it into a VirtualService.",
    };
  }
  return {
    severity: "error",
    subject: `VirtualService ${first.key} (yours)`,
    reason: "HostHasVirtualService",
    message: `has this host${effect(service, first, standing)}; ${whatStays(service, native, standing)}${why}`,
    hint: `--adopt ${service.service}, or paste: meshlane render --routes ${name}`,
  };
}

function keyOf({metadata: {namespace = "default", name}}: KubernetesObject): string {
  return `${namespace}/${name}`;
}

/**
 * What becomes of the lanes of a service whose owner's routes are in the way.
 * @param standing what of ours is in the cluster
 */
export function whatStays(
  {service}: PreparedService,
  native: Native,
  standing: readonly KubernetesObject[] = [],
): string {
  const matchers = "obstacle" in native && standing.some((object) => isMatcherOf(service, object));
  return matchers
    ? "its lanes go where these routes say, as what was merged into them fits no more"
    : "its lanes stay as they are";
}

/** Whether it is merged into routes of the service's host, for requests of no lane too. */
export function isMatcherOf(service: string, object: KubernetesObject): boolean {
  return object.kind === "EnvoyFilter" && purposes(object).includes(`routes ${service}`);
}

/**
 * Which of two VirtualServices has an effect, where ours was written when nobody else had the host: of one name istiod takes the
 * older, and a name goes before a wildcard.
 */
function effect(
  {service, host, facts}: PreparedService,
  theirs: ForeignVirtualService,
  all: readonly KubernetesObject[],
) {
  const ours = all.find((object) => object.kind === "VirtualService" && purposes(object).includes(`routes ${service}`));
  if (ours === undefined) return "";
  const named = (theirs.spec.hosts ?? []).some((name) => resolveHost(name, theirs.namespace, facts.domain) === host);
  const since = ({metadata}: KubernetesObject) => metadata.creationTimestamp ?? "";
  const isFirst = named && since(theirs.object) < since(ours);
  const {namespace, name} = ours.metadata;
  return isFirst
    ? `, and is older than ours, ${namespace}/${name}, which has no effect`
    : `, but no effect there: ours, ${namespace}/${name}, ${named ? "is older" : "names it"}`;
}
