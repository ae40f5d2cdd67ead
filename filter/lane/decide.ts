/**
 * What an edge decides for a request of the outside, as its headers say it: the group, the ways in, the rules, the sticky
 * buckets. Pure; what it needs beyond headers it asks for, is told, and is asked again.
 */

import {memberAt, memberLength} from "./baggage";
import {isText, same} from "./bytes";
import {laneAt, laneLength, readBaggage, readLaneHeader} from "./carriers";
import {Condition, holds, needs, startConditions} from "./condition";
import {
  BY_COOKIE,
  BY_HEADER,
  BY_HOST,
  BY_ISSUE,
  BY_QUERY,
  EdgeConfiguration,
  Group,
  Rule,
  spanOf,
  Way,
} from "./edge-configuration";
import {BAGGAGE_TAIL} from "./edge-reader";
import {bucketOf} from "./hash";
import {matchesHost, starAt, starLength} from "./hosts";
import {isLaneName} from "./name";
import {findCookie, findFirst, findHost, findQuery, foundAt, foundLength} from "./parameters";
import {GOOD} from "./state";

/** What the decision still needs, besides what conditions need: a key for the cookie to issue. */
export const NEEDS_KEY: u32 = 4;

/** The decided lane; of no bytes for the baseline. */
export let decidedAt: usize = 0;
export let decidedLength: u32 = 0;

/** The way of the cookie that is issued with this request, 0 when none is. */
export let issuedBy: usize = 0;

let issuedKey: usize = 0;
let issuedLength: u32 = 0;
let hostAt: usize = 0;
let hostLength: u32 = 0;

/** Starts a request whose headers were taken. */
export function startDecision(edge: EdgeConfiguration): void {
  startConditions(edge.regionAt, edge.regionLength, edge.zoneAt, edge.zoneLength);
  issuedKey = 0;
  hostLength = 0;
  if (!findHost()) return;
  hostAt = foundAt;
  hostLength = foundLength;
}

/** The key of the cookie that is issued; of no bytes when there is none to be had. */
export function tellKey(at: usize, length: u32): void {
  issuedKey = at;
  issuedLength = length;
}

/** Decides. 0 when it is decided, else the bits of what it needs to be told first. */
export function decide(edge: EdgeConfiguration): u32 {
  issuedBy = 0;
  decidedLength = 0;
  const group = groupOf(edge);
  if (!group || byAsking(edge, changetype<Group>(group))) return 0;
  if (needs || byRule(changetype<Group>(group)) || needs) return needs;
  return byWeight(changetype<Group>(group));
}

function decided(at: usize, length: u32): bool {
  decidedAt = at;
  decidedLength = length;
  return true;
}

function groupOf(edge: EdgeConfiguration): usize {
  let rest: usize = 0;
  for (let at = edge.groups; at; at = changetype<Group>(at).next) {
    const group = changetype<Group>(at);
    if (group.takesRest) rest = at;
    for (let i: u32 = 0; i < group.hostCount; i++) {
      const host = spanOf(group.hosts, i);
      if (hostLength && matchesHost(host.at, host.length, hostAt, hostLength)) return at;
    }
  }
  return rest;
}

/** The first way in that names a lane and whose grant holds. */
function byAsking(edge: EdgeConfiguration, group: Group): bool {
  for (let at = group.ask; at; at = changetype<Way>(at).next) {
    const way = changetype<Way>(at);
    if (!asks(edge, way)) continue;
    if (holds(changetype<Condition>(way.grant))) return needs == 0;
    if (needs) return false;
  }
  decidedLength = 0;
  return false;
}

/** Whether the request names a lane in that way; then it is the decided one. */
function asks(edge: EdgeConfiguration, way: Way): bool {
  if (way.source == BY_HEADER) return asksByHeader(edge, way);
  if (way.source == BY_HOST) {
    if (!matchesHost(way.nameAt, way.nameLength, hostAt, hostLength)) return false;
    return isLaneName(starAt, starLength) && decided(starAt, starLength);
  }
  if (way.source == BY_COOKIE ? !findCookie(way.nameAt, way.nameLength) : !findQuery(way.nameAt, way.nameLength)) {
    return false;
  }
  return isLaneName(foundAt, foundLength) && decided(foundAt, foundLength);
}

/** The context header and the baggage are read as the client sent them. */
function asksByHeader(edge: EdgeConfiguration, way: Way): bool {
  let name = way.nameAt;
  let length = way.nameLength;
  const member = isText(name, length, text("baggage"));
  if (edge.stripped && (member || same(name, length, edge.headerAt, edge.headerLength))) {
    name = edge.askedAt;
    length = member ? edge.askedLength : edge.askedLength - BAGGAGE_TAIL;
  }
  if (member) return readBaggage(name, length) == GOOD && decided(memberAt, memberLength);
  return readLaneHeader(name, length) == GOOD && decided(laneAt, laneLength);
}

function byRule(group: Group): bool {
  for (let at = group.rules; at; at = changetype<Rule>(at).next) {
    const rule = changetype<Rule>(at);
    if (holds(changetype<Condition>(rule.when))) return decided(rule.laneAt, rule.laneLength);
    if (needs) return false;
  }
  return false;
}

function byWeight(group: Group): u32 {
  for (let at = group.sticky; at; at = changetype<Way>(at).next) {
    const way = changetype<Way>(at);
    if (findKey(way)) {
      assign(group, foundAt, foundLength);
      return 0;
    }
    if (way.source != BY_ISSUE) continue;
    if (!issuedKey) return NEEDS_KEY;
    if (!issuedLength) continue;
    issuedBy = at;
    assign(group, issuedKey, issuedLength);
  }
  return 0;
}

/** Whether the request has that sticky key, not empty; then it is what was found. */
function findKey(way: Way): bool {
  if (way.source == BY_QUERY) return findQuery(way.nameAt, way.nameLength) && foundLength != 0;
  if (way.source != BY_HEADER) return findCookie(way.nameAt, way.nameLength) && foundLength != 0;
  return findFirst(way.nameAt, way.nameLength) && foundLength != 0;
}

function assign(group: Group, key: usize, length: u32): void {
  if (!group.buckets) return;
  const owner = load<u16>(group.buckets + (bucketOf(group.seed, key, length) << 1));
  if (!owner) return;
  const lane = spanOf(group.owners, owner - 1);
  decided(lane.at, lane.length);
}
