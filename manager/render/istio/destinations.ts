import {destinationKey} from "../../compile/routes.ts";
import type {Destination, Labels} from "../../compile/plan.ts";
import {nameOf, namespaceOf} from "./names.ts";
import type {IstioObject} from "./options.ts";
import {madeFor, ownObject} from "./own-object.ts";
import type {PreparedService} from "./prepared.ts";
import {copiedPolicy, subsetRule} from "./subsets.ts";

/** The DestinationRules that the routes of these services rest on: subsets, and traffic policies of lanes' own Services. */
export function renderDestinations(services: readonly PreparedService[]): IstioObject[] {
  const objects = new Map<string, IstioObject>();
  const reasons = new Map<string, string[]>();
  for (const service of services) {
    const own = [service.service, ...others(service)];
    for (const to of own) reasons.set(to, [...(reasons.get(to) ?? []), `destinations ${service.service}`]);
    const subsets = subsetsOf(service);
    if (subsets.length > 0) {
      objects.set(service.service, rule(service.service, subsetRule(service.service, subsets, service.facts)));
    }
    for (const to of others(service)) {
      if (objects.has(to)) continue;
      const spec = copiedPolicy(service.service, to, service.facts);
      if (spec !== undefined) objects.set(to, rule(to, spec));
    }
  }
  return [...objects].map(([to, object]) => madeFor(reasons.get(to) ?? [], object));
}

function rule(service: string, spec: IstioObject["spec"]): IstioObject {
  const header = {part: "destinations", namespace: namespaceOf(service), name: `meshlane-${nameOf(service)}`} as const;
  return ownObject("DestinationRule", header, spec);
}

/** The sets of labels that tell the service's pods apart, sorted: the baseline's and those of lanes. */
function subsetsOf(service: PreparedService): Labels[] {
  const all = new Map<string, Destination>();
  for (const to of destinationsOf(service)) if (to.labels !== undefined) all.set(destinationKey(to), to);
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, {labels}]) => labels!);
}

/** Services other than this one that its lanes go to, sorted. */
function others(service: PreparedService): string[] {
  return [...new Set(destinationsOf(service).map((to) => to.service))].filter((to) => to !== service.service).sort();
}

function destinationsOf({baseline, lanes}: PreparedService): Destination[] {
  return [baseline, ...lanes.flatMap(({chain}) => chain)];
}
