/** How an edge is configured, with or without a response phase. */

import {resultLength, resultPointer} from "./host/result";
import {beginConfiguration, beginFlat, endConfiguration} from "./configure";
import {textAt, textLength} from "./lane/bytes";
import {EdgeConfiguration} from "./lane/edge-configuration";
import {readEdge, sizeOfGroups} from "./lane/edge-reader";
import {flatStart, keep} from "./lane/writer";
import {getNode} from "./node";

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

function placeLength(path: usize): u32 {
  if (!getNode(textAt(path), textLength(path))) return 0;
  return resultLength() <= PLACE_MAX ? resultLength() : 0;
}
