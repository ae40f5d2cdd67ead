import {endsWith, startsWith, textAt, textLength} from "./bytes";
import {Common, readCommon} from "./common";
import {enterIndex, leave} from "./complaint";
import {charactersOf, lengthOf, nextOf} from "./json";
import {isLabelName, isLabels} from "./labels";
import {booleanField, enterField, enterNeeded, isLane, isList, isName, isObjectOf} from "./read";
import {keepString, Span, SPAN} from "./span";
import {keep, reserve} from "./writer";

@unmanaged
export class OutboundConfiguration extends Common {
  gateway: bool;
  /** The pod's lane; of no bytes when it has none. */
  laneAt: usize;
  laneLength: u32;
  /** Spans: how clusters of the mesh begin. */
  clusters: usize;
  clusterCount: u32;
  /** Spans: hosts whose clusters lead outside all the same. */
  egress: usize;
  egressCount: u32;
  /** Property path of what marks a cluster outside of the mesh; of no bytes when nothing does. */
  externalAt: usize;
  externalLength: u32;
}

/** Reads the tape into the block that is being written; false after a complaint. */
export function readOutbound(): bool {
  const to = changetype<OutboundConfiguration>(reserve(offsetof<OutboundConfiguration>()));
  if (!isObjectOf(0, text("version header traceIds ttl slots lane gateway pods mesh")) || !readCommon(0, to))
    return false;
  const gateway = booleanField(0, text("gateway"), false);
  if (gateway < 0) return false;
  to.gateway = gateway > 0;
  return readLane(to) && readPods() && readMesh(to);
}

function readLane(to: OutboundConfiguration): bool {
  const lane = enterField(0, text("lane"));
  if (!lane) return true;
  if (!isLane(lane) || !keepLane(to, charactersOf(lane), lengthOf(lane))) return false;
  leave();
  return true;
}

/** Makes it the pod's lane; false after a complaint. */
export function keepLane(to: OutboundConfiguration, at: usize, length: u32): bool {
  to.laneLength = length;
  to.laneAt = keep(at, length);
  return to.laneAt != 0;
}

/** What tells the pod's lane stays on the tape until the pod's labels are compared. */
function readPods(): bool {
  const pods = enterField(0, text("pods"));
  if (!pods) return true;
  if (!isObjectOf(pods, text("label lanes fallbacks"))) return false;
  const label = enterField(pods, text("label"));
  if (label) {
    if (!isLabelName(label)) return false;
    leave();
  }
  if (!readLanes(pods) || !readFallbacks(pods)) return false;
  leave();
  return true;
}

function readLanes(pods: u32): bool {
  const list = enterField(pods, text("lanes"));
  if (!list) return true;
  if (!isList(list)) return false;
  let item = list + 1;
  for (let i: u32 = 0; i < lengthOf(list); i++, item = nextOf(item)) {
    enterIndex(i);
    if (!isObjectOf(item, text("lane labels"))) return false;
    const lane = enterNeeded(item, text("lane"));
    if (!lane || !isLane(lane)) return false;
    leave();
    const labels = enterNeeded(item, text("labels"));
    if (!labels || !isLabels(labels)) return false;
    leave();
    leave();
  }
  leave();
  return true;
}

function readFallbacks(pods: u32): bool {
  const list = enterField(pods, text("fallbacks"));
  if (!list) return true;
  if (!isList(list)) return false;
  let item = list + 1;
  for (let i: u32 = 0; i < lengthOf(list); i++, item = nextOf(item)) {
    enterIndex(i);
    if (!isLane(item)) return false;
    leave();
  }
  leave();
  return true;
}

function readMesh(to: OutboundConfiguration): bool {
  const mesh = enterField(0, text("mesh"));
  if (mesh && !isObjectOf(mesh, text("clusters external egress"))) return false;
  if (!readClusters(mesh, to) || !readExternal(mesh, to) || !readEgress(mesh, to)) return false;
  if (mesh) leave();
  return true;
}

function readClusters(mesh: u32, to: OutboundConfiguration): bool {
  const list = mesh ? enterField(mesh, text("clusters")) : 0;
  if (list && !isList(list)) return false;
  to.clusterCount = list ? lengthOf(list) : 1;
  to.clusters = reserve(to.clusterCount * SPAN);
  if (!to.clusters) return false;
  if (!list) {
    const span = changetype<Span>(to.clusters);
    span.at = textAt(DEFAULT_CLUSTER);
    span.length = textLength(DEFAULT_CLUSTER);
    return true;
  }
  return readSpans(list, to.clusters);
}

function readEgress(mesh: u32, to: OutboundConfiguration): bool {
  const list = mesh ? enterField(mesh, text("egress")) : 0;
  if (!list) return true;
  if (!isList(list)) return false;
  to.egressCount = lengthOf(list);
  to.egress = reserve(to.egressCount * SPAN);
  return to.egress != 0 && readSpans(list, to.egress);
}

/** Keeps a list of strings, and leaves it. */
function readSpans(list: u32, spans: usize): bool {
  let item = list + 1;
  for (let i: u32 = 0; i < lengthOf(list); i++, item = nextOf(item)) {
    enterIndex(i);
    if (!isName(item) || !keepString(changetype<Span>(spans + i * SPAN), item)) return false;
    leave();
  }
  leave();
  return true;
}

const DEFAULT_CLUSTER = text("outbound|");
const METADATA = text("xds\0cluster_metadata\0filter_metadata");
const DEFAULT_EXTERNAL = text("xds\0cluster_metadata\0filter_metadata\0istio\0external");

function readExternal(mesh: u32, to: OutboundConfiguration): bool {
  const list = mesh ? enterField(mesh, text("external")) : 0;
  if (!list) {
    to.externalAt = textAt(DEFAULT_EXTERNAL);
    to.externalLength = textLength(DEFAULT_EXTERNAL);
    return true;
  }
  if (!isList(list)) return false;
  to.externalLength = 0;
  if (lengthOf(list)) to.externalAt = keep(textAt(METADATA), textLength(METADATA));
  let total = textLength(METADATA);
  let item = list + 1;
  for (let i: u32 = 0; i < lengthOf(list); i++, item = nextOf(item)) {
    enterIndex(i);
    if (!isName(item) || !keep(textAt(METADATA) + 3, 1) || !keep(charactersOf(item), lengthOf(item))) return false;
    total += 1 + lengthOf(item);
    leave();
  }
  if (lengthOf(list)) to.externalLength = total;
  leave();
  return true;
}

/** Whether a cluster of that name is a service of the mesh. */
export function isMeshCluster(configuration: OutboundConfiguration, at: usize, length: u32): bool {
  for (let i: u32 = 0; i < configuration.clusterCount; i++) {
    const span = changetype<Span>(configuration.clusters + i * SPAN);
    if (startsWith(at, length, span.at, span.length)) return !isEgress(configuration, at, length);
  }
  return false;
}

/** Whether the host, which is what stands behind the last `|` of a cluster's name, leads outside. */
function isEgress(configuration: OutboundConfiguration, at: usize, length: u32): bool {
  for (let i: u32 = 0; i < configuration.egressCount; i++) {
    const host = changetype<Span>(configuration.egress + i * SPAN);
    if (length > host.length && endsWith(at, length, host.at, host.length)) {
      if (load<u8>(at + length - host.length - 1) == 0x7c) return true;
    }
  }
  return false;
}
