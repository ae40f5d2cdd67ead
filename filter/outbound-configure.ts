/** How outbound is configured: what the configuration does not say of the pod, its labels and its node's name tell. */

import {LOG_WARN} from "./host/abi";
import {resultLength, resultPointer} from "./host/result";
import {log} from "./host/system";
import {beginConfiguration, beginFlat, endConfiguration} from "./configure";
import {same, textAt, textLength} from "./lane/bytes";
import {charactersOf, lengthOf, nextOf} from "./lane/json";
import {isLaneName} from "./lane/name";
import {keepLane, OutboundConfiguration, readOutbound} from "./lane/outbound-configuration";
import {fieldOf} from "./lane/read";
import {flatStart} from "./lane/writer";
import {getLabel, isRouter, podHas} from "./node";

/** Answers what `proxy_on_configure` answers. */
export function configureOutbound(root: u32, size: u32): u32 {
  const accepted = beginConfiguration(root, size) && beginFlat(0) && readOutbound() && readNode();
  return endConfiguration(root, accepted);
}

function readNode(): bool {
  const to = changetype<OutboundConfiguration>(flatStart());
  if (!fieldOf(0, text("gateway"))) to.gateway = isRouter();
  if (to.gateway || to.laneLength) return true;
  const pods = fieldOf(0, text("pods"));
  const lane = pods ? laneOfLabels(fieldOf(pods, text("lanes"))) : 0;
  if (lane) return keepLane(to, charactersOf(lane), lengthOf(lane));
  return !hasOwnLabel(pods) || keepLane(to, resultPointer(), resultLength());
}

/** The lane (an entry of the tape) of the first set that the pod has all labels of, 0 when there is none. */
function laneOfLabels(lanes: u32): u32 {
  let item = lanes + 1;
  for (let left = lanes ? lengthOf(lanes) : 0; left; left--, item = nextOf(item)) {
    if (podHas(fieldOf(item, text("labels")))) return fieldOf(item, text("lane"));
  }
  return 0;
}

const LABEL = text("meshlane.dev/lane");

/** Whether the pod names its own lane, which is then the result. One that is others' fallback serves several lanes. */
function hasOwnLabel(pods: u32): bool {
  const label = pods ? fieldOf(pods, text("label")) : 0;
  const has = label ? getLabel(charactersOf(label), lengthOf(label)) : getLabel(textAt(LABEL), textLength(LABEL));
  if (!has || (pods && isFallback(fieldOf(pods, text("fallbacks"))))) return false;
  if (isLaneName(resultPointer(), resultLength())) return true;
  log(LOG_WARN, textAt(IGNORED), textLength(IGNORED));
  return false;
}

const IGNORED = text("meshlane: pods.label: the value on this pod is not a lane name: ignored");

function isFallback(fallbacks: u32): bool {
  let item = fallbacks + 1;
  for (let left = fallbacks ? lengthOf(fallbacks) : 0; left; left--, item = nextOf(item)) {
    if (same(resultPointer(), resultLength(), charactersOf(item), lengthOf(item))) return true;
  }
  return false;
}
