/** Outbound restores: the context of a leaving request, where the application dropped it. */

import {NOT_FOUND, OK} from "./host/abi";
import {getProperty} from "./host/properties";
import {resultLength, resultPointer} from "./host/result";
import {memberAt, memberLength} from "./lane/baggage";
import {same, textAt, textLength} from "./lane/bytes";
import {laneAt, laneLength, readBaggage, readLaneHeader, repeated} from "./lane/carriers";
import {isMeshCluster, OutboundConfiguration} from "./lane/outbound-configuration";
import {ABSENT, BAD, GOOD} from "./lane/state";
import {
  baggageName,
  baggageNameLength,
  beginRequest,
  mayCarry,
  removeLaneHeader,
  removeUnseen,
  takePairs,
  writeHeader,
  writeMember,
} from "./request";
import {laneSeen} from "./seen";
import {recall, recalledAt, recalledLength} from "./trace-memory";

/** What brought the context. */
export const NONE: u32 = 0;
export const HEADER: u32 = 1;
export const BAGGAGE: u32 = 2;
export const TRACE: u32 = 3;
export const POD: u32 = 4;

/** The lane that `restore` decided. */
export let decidedAt: usize = 0;
export let decidedLength: u32 = 0;

let header: u32 = 0;
let member: u32 = 0;

/**
 * Decides the context of a request and writes it, or takes it away where the request leaves the mesh. Answers the carrier
 * that it was found by, `NONE` without context.
 */
export function restore(configuration: OutboundConfiguration): u32 {
  beginRequest();
  const busy = !configuration.gateway && configuration.traceIds != 0 && laneSeen();
  const wanted = busy || mayCarry(configuration);
  if (wanted && !takePairs()) {
    if (!staysInMesh(configuration)) removeUnseen(configuration);
    return NONE;
  }
  header = wanted ? readLaneHeader(configuration.headerAt, configuration.headerLength) : ABSENT;
  member = wanted ? readBaggage(baggageName(), baggageNameLength()) : ABSENT;
  const carrier = decide(configuration, busy);
  if (carrier == NONE) removeNone(configuration);
  else if (staysInMesh(configuration)) write(configuration, carrier);
  else remove(configuration);
  return carrier;
}

function decide(configuration: OutboundConfiguration, busy: bool): u32 {
  if (header == GOOD) return decided(HEADER, laneAt, laneLength);
  if (member == GOOD) return decided(BAGGAGE, memberAt, memberLength);
  if (busy && recall(configuration)) return decided(TRACE, recalledAt(), recalledLength());
  if (configuration.laneLength && !configuration.gateway) {
    return decided(POD, configuration.laneAt, configuration.laneLength);
  }
  return NONE;
}

function decided(carrier: u32, at: usize, length: u32): u32 {
  decidedAt = at;
  decidedLength = length;
  return carrier;
}

/** Filter and route must come to the same: a header that counts as absent does not stay. */
function removeNone(configuration: OutboundConfiguration): void {
  if (header != ABSENT) removeLaneHeader(configuration);
  if (member != ABSENT && !staysInMesh(configuration)) writeMember(0, 0);
}

/** Nor does one stay that is repeated. */
function write(configuration: OutboundConfiguration, carrier: u32): void {
  if (carrier != HEADER || repeated > 1) writeHeader(configuration, decidedAt, decidedLength);
  if (member == BAD || (member == GOOD && !same(memberAt, memberLength, decidedAt, decidedLength))) {
    writeMember(decidedAt, decidedLength);
  }
}

function remove(configuration: OutboundConfiguration): void {
  if (header != ABSENT) removeLaneHeader(configuration);
  if (member != ABSENT) writeMember(0, 0);
}

const CLUSTER = text("xds\0cluster_name");

/**
 * Whether the cluster that the route picked for the request as it came is a service of the mesh. When unsure it is not. Envoy
 * picks anew only behind the filters: the cluster of what is written here cannot be asked for.
 */
function staysInMesh(configuration: OutboundConfiguration): bool {
  if (getProperty(textAt(CLUSTER), textLength(CLUSTER)) != OK) return false;
  if (!isMeshCluster(configuration, resultPointer(), resultLength())) return false;
  if (!configuration.externalLength) return true;
  const status = getProperty(configuration.externalAt, configuration.externalLength);
  if (status == NOT_FOUND) return true;
  return status == OK && resultLength() == 1 && load<u8>(resultPointer()) == 0;
}
