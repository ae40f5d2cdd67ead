/** How an edge is configured, with or without a response phase. */

import {OK} from "./host/abi";
import {resetArena} from "./host/arena";
import {getProperty} from "./host/properties";
import {resultLength, resultPointer} from "./host/result";
import {beginConfiguration, beginFlat, endConfiguration} from "./configure";
import {textAt, textLength} from "./lane/bytes";
import {EdgeConfiguration} from "./lane/edge-configuration";
import {readEdge, sizeOfGroups} from "./lane/edge-reader";
import {flatStart, keep} from "./lane/writer";

const XDS = text("xds\0");
const REGION = text("xds\0node\0locality\0region");
const ZONE = text("xds\0node\0locality\0zone");

/** The longest name of a region or zone; a longer one counts as unknown. */
const PLACE_MAX: u32 = 128;

/** Answers what `proxy_on_configure` answers. `issues`: the module can issue a cookie. */
export function configureEdge(root: u32, size: u32, issues: bool): u32 {
  const accepted = beginConfiguration(root, size) && beginFlat(sizeOfGroups()) && readEdge(issues) && readPlace();
  return endConfiguration(root, accepted);
}

/** Where this proxy is, which does not change while it runs. */
function readPlace(): bool {
  const edge = changetype<EdgeConfiguration>(flatStart());
  edge.regionLength = placeLength(REGION);
  edge.regionAt = keep(resultPointer(), edge.regionLength);
  edge.zoneLength = placeLength(ZONE);
  edge.zoneAt = keep(resultPointer(), edge.zoneLength);
  return edge.zoneAt != 0;
}

/** Envoy has the node under `xds`; hosts that have it at the top are asked second. */
function placeLength(path: usize): u32 {
  resetArena();
  const top = textLength(XDS);
  if (
    getProperty(textAt(path), textLength(path)) != OK &&
    getProperty(textAt(path) + top, textLength(path) - top) != OK
  ) {
    return 0;
  }
  return resultLength() <= PLACE_MAX ? resultLength() : 0;
}
