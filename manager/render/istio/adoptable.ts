import {isOfLanes} from "../../model/pasted.ts";
import {destinationsOf, type ForeignVirtualService, type HttpRoute} from "./foreign.ts";
import {nameOf} from "./names.ts";
import {identity} from "./own-object.ts";
import type {PreparedService} from "./prepared.ts";
import {meshGrpcRoutes, meshHttpRoutes} from "./users-routes.ts";

interface Beside {
  /** Other VirtualServices of the host. */
  readonly more: readonly ForeignVirtualService[];
  readonly all: readonly PreparedService[];
}

/** Why lanes cannot get their routes in the VirtualService that its owner hands over, and what he may do; undefined: they can. */
export function noAdoption(
  service: PreparedService,
  {spec: {http = []}, namespace}: ForeignVirtualService,
  {more: [another], all}: Beside,
): {readonly why: string; readonly hint: string} | undefined {
  const {facts} = service;
  const isTo = (one: PreparedService, route: HttpRoute) =>
    destinationsOf(route, namespace, one.host, facts.domain).length > 0;
  if (http.some(({delegate}) => delegate !== undefined))
    return {
      why: "has delegates, whose routes we do not see in it",
      hint: "Write their routes into it in the place of delegate:, and hand it over again.",
    };
  if (another !== undefined)
    return {
      why: `is not the only one: ${another.key} is another`,
      hint: `Paste into the older one: meshlane render --routes ${nameOf(service.service)}`,
    };
  const [route] = [...meshHttpRoutes(service.service, facts), ...meshGrpcRoutes(service.service, facts)];
  if (route !== undefined)
    return {why: `has no effect beside ${identity(route)}`, hint: "Keep one of the two for this service."};
  const own = http.filter((one) => !isOfLanes(one) && isTo(service, one));
  if (own.length === 0)
    return {
      why: `has no http route that goes to service ${service.service}`,
      hint: "Write one into it: before it, lanes have theirs.",
    };
  const others = all.filter((one) => one !== service && one.lanes.length > 0);
  const rival = others.find((one) => own.some((each) => isTo(one, each)));
  if (rival !== undefined)
    return {
      why: `shares requests of one route out between ${service.service} and ${rival.service}, which lanes override both: a lane's variant can go to one of them only`,
      hint: "Split the route, or override one of the two.",
    };
  return undefined;
}
