/** What inbound does with a request: a peer of the mesh keeps its context, and its trace ids are remembered. */

import {memberAt, memberLength} from "./lane/baggage";
import {laneAt, laneLength} from "./lane/carriers";
import {Common} from "./lane/common";
import {GOOD} from "./lane/state";
import {laneSeen, sayLaneSeen} from "./seen";
import {remember} from "./trace-memory";

/** Remembers the context that a request of the mesh brings; its headers were taken. Changes none of them. */
export function rememberCarried(configuration: Common, header: u32, member: u32): void {
  if (header == GOOD) rememberLane(configuration, laneAt, laneLength);
  else if (member == GOOD) rememberLane(configuration, memberAt, memberLength);
  else rememberNone(configuration);
}

export function rememberLane(configuration: Common, lane: usize, length: u32): void {
  if (!configuration.traceIds) return;
  sayLaneSeen(configuration.ttl);
  remember(configuration, lane, length);
}

/** A request without context: ids that are held for a lane become ambiguous. */
export function rememberNone(configuration: Common): void {
  if (configuration.traceIds && laneSeen()) remember(configuration, 0, 0);
}
