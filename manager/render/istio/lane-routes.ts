import {hostOf} from "../../compile/hosts.ts";
import type {ServicePort} from "../../compile/cluster-facts.ts";
import type {Destination} from "../../compile/plan.ts";
import type {JsonObject} from "../filter-config.ts";
import {CONTEXT} from "../../model/context.ts";
import {nameOf, subsetOf} from "./names.ts";
import {inferredPort, portAt} from "./ports.ts";
import type {PreparedService} from "./prepared.ts";

/**
 * One alternation gets at most so many characters. Each is about one instruction of RE2's program; Istio's proxies refuse
 * programs of more than 32,768 (`re2.max_program_size.error_level` of their bootstrap).
 */
const MAX_ALTERNATION = 16_000;

/** What is matched of the context header: one lane, or one alternation of all, in as few parts as the limit lets. */
export function contextMatches(lanes: readonly string[], limit = MAX_ALTERNATION): JsonObject[] {
  const parts: string[][] = [];
  let length = Infinity;
  for (const lane of lanes) {
    length += lane.length + 1;
    if (length > limit) {
      parts.push([]);
      length = lane.length;
    }
    parts.at(-1)!.push(lane);
  }
  // A lane's name is a DNS label: nothing in it means anything to RE2.
  return parts.map((part) => (part.length === 1 ? {exact: part[0]!} : {regex: part.join("|")}));
}

/**
 * The http routes of a service's VirtualService: one a destination, the baseline last. Other ports than HTTP's never see them.
 * @param entered port that a gateway calls: nothing else would tell it
 */
export function laneRoutes(service: PreparedService, entered?: ServicePort): JsonObject[] {
  const {routes} = service;
  return [
    ...routes.taken.flatMap(({lanes, to}) => {
      if (entered !== undefined) return [laneRoute(service, lanes, to, {names: entered})];
      if (portsAreInferred(service, to)) return [laneRoute(service, lanes, to, {})];
      return service.ports!.map((port) => laneRoute(service, lanes, to, {names: port, matches: port}));
    }),
    ...routes.refused.map((lane) => refusal(service.service, lane)),
    ...baselineRoutes(service, entered),
  ];
}

/** What no lane has. */
export function baselineRoutes(service: PreparedService, entered?: ServicePort): JsonObject[] {
  const {baseline, ports = []} = service;
  const to = (port?: ServicePort) => ({
    name: "baseline",
    route: [{destination: destinationOf(service, baseline, port)}],
  });
  if (entered !== undefined || portsAreInferred(service, baseline)) return [to(entered)];
  return ports.map((port) => ({...to(port), match: [{port: port.port}]}));
}

interface RoutePorts {
  /** The port of the service that the destination's stands for. */
  readonly names?: ServicePort;
  /** The only port that the route is for. */
  readonly matches?: ServicePort;
}

function laneRoute(
  service: PreparedService,
  lanes: readonly string[],
  to: Destination,
  {names, matches}: RoutePorts,
): JsonObject {
  return {
    name: routeName(to),
    match: contextMatches(lanes).map((context) => ({
      headers: {[CONTEXT]: context},
      ...(matches === undefined ? {} : {port: matches.port}),
    })),
    route: [{destination: destinationOf(service, to, names)}],
  };
}

/**
 * Whether istiod finds the destination's port by itself, on each of the service's ports. It would among several ports too,
 * but `istioctl analyze` calls that an error (IST0112).
 */
export function portsAreInferred({service, ports, facts}: PreparedService, to: Destination): boolean {
  if (ports === undefined) return true;
  if ((facts.kubernetesServices.get(to.service)?.ports ?? []).length > 1) return false;
  if (to.service === service) return true;
  return ports.every((port) => portAt(to.service, port, facts) === inferredPort(to.service, port, facts));
}

/** @param port of the service, where the destination's is to be named */
export function destinationOf({facts}: PreparedService, to: Destination, port?: ServicePort): JsonObject {
  const subset = subsetOf(to);
  const number = port === undefined ? undefined : portAt(to.service, port, facts);
  return {
    host: hostOf(to.service, facts.domain),
    ...(subset === undefined ? {} : {subset}),
    ...(number === undefined ? {} : {port: {number}}),
  };
}

/** As it stands in access logs: `cart--ann`, `cart/meshlane-v2-1f3a9c04`. */
export function routeName(to: Destination): string {
  const subset = subsetOf(to);
  return subset === undefined ? nameOf(to.service) : `${nameOf(to.service)}/${subset}`;
}

/** A strict lane without a ready workload. */
export function refusal(service: string, lane: string) {
  return {
    name: `${lane}-refused`,
    match: [{headers: {[CONTEXT]: {exact: lane}}}],
    directResponse: {
      status: 503,
      body: {string: `lane ${lane} is strict and has no ready workload of service ${service}\n`},
    },
  };
}
