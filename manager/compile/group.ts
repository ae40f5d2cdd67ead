import {keyOf, precedence, type SwimLane, type SwimLaneGroup, type WayIn as WrittenWayIn} from "../model/index.ts";
import {assignBuckets} from "./buckets.ts";
import {compileMatch} from "./match.ts";
import {key} from "./destination.ts";
import type {Condition, GroupPlan, Owners, StickyKey, WayIn} from "./plan.ts";

/** What the edges decide for one group. */
export function compileGroup(group: SwimLaneGroup, allLanes: readonly SwimLane[], before: Owners): GroupPlan {
  const name = keyOf(group);
  const lanes = allLanes.filter(({spec}) => spec.group === name);
  const {entry} = group.spec;
  const hosts = entry.hosts && [...entry.hosts, ...templateHosts(entry.lane)];
  const weights = lanes.filter(({spec}) => spec.weight > 0);
  const buckets = assignBuckets(
    weights.map(({metadata, spec}) => ({lane: metadata.name, weight: spec.weight})),
    before[name] ?? {},
  );
  return {
    name,
    gateways: entry.gateways,
    entryServices: entry.services.map((service) => key(group.metadata.namespace, service)),
    ...(hosts ? {hosts: [...new Set(hosts)]} : {}),
    ask: entry.lane.map(wayIn),
    rules: lanes
      .toSorted(precedence)
      .filter(({spec}) => spec.match.length > 0)
      .map(({metadata, spec}) => ({lane: metadata.name, when: compileMatch(spec.match)})),
    sticky: buckets.length > 0 ? (group.spec.stickyBy as StickyKey[]) : [],
    buckets,
  };
}

/** `pre-{lane}.example.com` as a pattern: `pre-*.example.com`. */
function templateHosts(ways: readonly WrittenWayIn[]): string[] {
  return ways.flatMap(({host}) => (host === undefined ? [] : [host.replace("{lane}", "*")]));
}

function wayIn(way: WrittenWayIn): WayIn {
  const {from, anyone: _, ...where} = way;
  const grant: Condition = from ? {from} : {anyone: true};
  return {...(where as {header: string}), grant};
}
