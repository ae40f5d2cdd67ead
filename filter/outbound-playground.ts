/** Outbound with a response phase: each response says which lane and carrier its request had. */

import {CONTINUE, RESPONSE_HEADERS} from "./host/abi";
import {replaceHeader} from "./host/headers";
import {currentRoot, enterContext} from "./host/roots";
import {textAt, textLength} from "./lane/bytes";
import {OutboundConfiguration} from "./lane/outbound-configuration";
import {configureOutbound} from "./outbound-configure";
import {BAGGAGE, decidedAt, decidedLength, HEADER, NONE, POD, restore, TRACE} from "./outbound-decision";
import {closeStream, openStream} from "./streams";

export {allocate as proxy_on_memory_allocate} from "./host/arena";

const HOP = text("x-swimlane-hop");

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_context_create(_context: u32, parent: u32): void {
  enterContext(parent);
}

export function proxy_on_configure(root: u32, size: u32): u32 {
  return configureOutbound(root, size);
}

/** Keeps `LANE;CARRIER` and, before it, its length. */
export function proxy_on_request_headers(stream: u32, _headers: u32, _end: u32): u32 {
  const block = currentRoot();
  if (!block) return CONTINUE;
  const carrier = restore(changetype<OutboundConfiguration>(block));
  const kept = openStream(stream);
  if (!kept) return CONTINUE;
  const name = carrierName(carrier);
  let to = kept + 1;
  if (carrier != NONE) {
    memory.copy(to, decidedAt, decidedLength);
    to += decidedLength;
  }
  memory.copy(to, textAt(name), textLength(name));
  store<u8>(kept, <u8>(to - kept - 1 + textLength(name)));
  return CONTINUE;
}

function carrierName(carrier: u32): usize {
  switch (carrier) {
    case HEADER:
      return text(";header");
    case BAGGAGE:
      return text(";baggage");
    case TRACE:
      return text(";trace");
    case POD:
      return text(";pod");
  }
  return text("baseline;none");
}

export function proxy_on_response_headers(stream: u32, _headers: u32, _end: u32): u32 {
  const kept = closeStream(stream);
  if (kept) replaceHeader(RESPONSE_HEADERS, textAt(HOP), textLength(HOP), kept + 1, load<u8>(kept));
  return CONTINUE;
}

export function proxy_on_delete(context: u32): void {
  closeStream(context);
}
