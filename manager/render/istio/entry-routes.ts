import {type ClusterFacts, type Gateway, gatewaysNamed, type ServicePort} from "../../compile/cluster-facts.ts";
import {hostOf} from "../../compile/hosts.ts";
import type {Plan} from "../../compile/plan.ts";
import {type EntryRoute, keyOf, type Mesh, type SwimLaneGroup} from "../../model/index.ts";
import {gatewayConflicts, unchosen} from "./entry-conflicts.ts";
import {entryHttpRoutes} from "./entry-http-routes.ts";
import {mergeIntoGateway} from "./entry-merge.ts";
import {laneRoutes} from "./lane-routes.ts";
import {nameOf, namespaceOf, shortHash} from "./names.ts";
import {type IstioObject, type IstioOptions, type Notice, PART, type Rendering} from "./options.ts";
import {madeFor, ownObject} from "./own-object.ts";
import {prepare, type PreparedService} from "./prepared.ts";
import {renderDestinations} from "./destinations.ts";

/** One item of `entry.routes` with what it is about. */
export interface Entry {
  readonly group: SwimLaneGroup;
  readonly route: EntryRoute;
  readonly service: PreparedService;
  /** The service's port that the gateways call; undefined where the Service is not known. */
  readonly port: ServicePort | undefined;
  readonly gateways: readonly Gateway[];
}

/** Lanes on services that gateways call themselves, in the way that the group chose for each. */
export function renderEntryRoutes(plan: Plan, mesh: Mesh, facts: ClusterFacts, options: IstioOptions): Rendering {
  // What cannot be done of these lanes is said where the mesh's own routes are rendered.
  const {services} = prepare(plan.services, mesh, facts);
  const notices: Notice[] = [];
  const objects: IstioObject[] = [];
  const kept: string[] = [];
  for (const group of mesh.groups) {
    const entries = entriesOf(group, services, facts, notices, kept);
    for (const entry of entries) {
      const {service} = entry.service;
      const {objects: own, notices: said, kept: stays = undecidedEntry(service)} = renderEntry(entry, facts, options);
      objects.push(
        ...own.map((object) => (object.kind === "DestinationRule" ? object : madeForEntry(service, object))),
      );
      notices.push(...said.map((notice) => ({...notice, concerns: undecidedEntry(service)})));
      if (own.length === 0 && said.length > 0) kept.push(...stays);
    }
    notices.push(...unchosen(group, services, facts, options));
  }
  return {objects, notices, kept};
}

/** Routes that stay need their destinations. */
function undecidedEntry(service: string): string[] {
  return [`entry ${service}`, `destinations ${service}`];
}

function madeForEntry(service: string, object: IstioObject): IstioObject {
  return madeFor([`${object.metadata.labels[PART] === "destinations" ? "destinations" : "entry"} ${service}`], object);
}

function entriesOf(
  group: SwimLaneGroup,
  services: readonly PreparedService[],
  facts: ClusterFacts,
  notices: Notice[],
  kept: string[],
): Entry[] {
  const gateways = group.spec.entry.gateways.flatMap((key) => gatewaysNamed(facts, key));
  return group.spec.entry.routes.flatMap((route) => {
    const key = `${group.metadata.namespace}/${route.service}`;
    const service = services.find((each) => each.service === key) ?? laneless(key, group, facts);
    const {ports} = service;
    const port =
      route.port === undefined && ports?.length === 1 ? ports[0] : ports?.find((one) => one.port === route.port);
    if (ports === undefined || port !== undefined) return [{group, route, service, port, gateways}];
    notices.push(noPort(group, route, ports));
    kept.push(...undecidedEntry(key));
    return [];
  });
}

/** A service without lanes needs its route where a host is handed over or delegated: somebody has to answer there. */
function laneless(service: string, group: SwimLaneGroup, facts: ClusterFacts): PreparedService {
  const ports = facts.kubernetesServices.get(service)?.ports.filter(({http}) => http);
  const host = hostOf(service, facts.domain);
  const routes = {taken: [], refused: []};
  return {service, host, group, baseline: {service}, lanes: [], routes, ports, callers: [], facts};
}

function noPort(group: SwimLaneGroup, {service, port}: EntryRoute, ports: readonly ServicePort[]): Notice {
  const known = ports.map((one) => one.port).join(", ");
  return {
    severity: "error",
    subject: `group ${keyOf(group)}`,
    reason: "EntryPort",
    message:
      port === undefined
        ? `entry.routes for service ${service} does not say which of its HTTP ports the gateways call; no route is written there`
        : `entry.routes for service ${service} names port ${port}, which is none of its HTTP ports; no route is written there`,
    hint: known === "" ? "The Service has no HTTP port." : `Write port: one of ${known}.`,
  };
}

function renderEntry(entry: Entry, facts: ClusterFacts, options: IstioOptions): Rendering {
  const {route, service} = entry;
  if (route.merge !== undefined) {
    const merged = mergeIntoGateway(entry, route.merge, facts, options);
    const rests = merged.objects.length === 0 ? [] : renderDestinations([service]);
    return {...merged, objects: [...rests, ...merged.objects]};
  }
  const {hosts, any, notices} = gatewayConflicts(entry, facts);
  if (!any) return {objects: [], notices};
  const routes = route.delegate === undefined ? handedOver(entry, hosts) : [delegate(entry, route.delegate)];
  return {objects: [...renderDestinations([service]), ...routes], notices};
}

/** The hosts' own routes: a VirtualService on Istio's gateways, HTTPRoutes on those of the Gateway API. */
function handedOver(entry: Entry, hosts: readonly string[]): IstioObject[] {
  const {gateways, route, service} = entry;
  const istio = gateways.filter(({api}) => api === "istio").map(({key}) => key);
  const name = entryName(service.service, route.hosts ?? []);
  const namespace = namespaceOf(service.service);
  const spec = {hosts, gateways: istio, http: entryHttp(entry)};
  return [
    ...(istio.length === 0 ? [] : [ownObject("VirtualService", {part: "routes", namespace, name}, spec)]),
    ...entryHttpRoutes(entry, name, hosts),
  ];
}

/** No hosts, no gateways: those are its root's. */
function delegate(entry: Entry, name: string): IstioObject {
  const namespace = namespaceOf(entry.service.service);
  return ownObject("VirtualService", {part: "routes", namespace, name}, {http: entryHttp(entry)});
}

/** On a gateway nothing tells the port, so each destination names it. */
function entryHttp({service, port}: Entry): ReturnType<typeof laneRoutes> {
  return laneRoutes(service, port);
}

function entryName(service: string, hosts: readonly string[]): string {
  return `meshlane-entry-${nameOf(service)}-${shortHash(JSON.stringify(hosts))}`;
}
