/** Inbound remembers: which lane each trace id of an arriving request belongs to. */

import {CONTINUE} from "./host/abi";
import {currentRoot, enterContext} from "./host/roots";
import {beginConfiguration, beginFlat, endConfiguration, endIdle} from "./configure";
import {readBaggage, readLaneHeader} from "./lane/carriers";
import {InboundConfiguration, readInbound} from "./lane/inbound-configuration";
import {lengthOf, nextOf} from "./lane/json";
import {fieldOf} from "./lane/read";
import {ABSENT} from "./lane/state";
import {rememberCarried, rememberNone} from "./memorize";
import {podHas} from "./node";
import {isMeshPeer} from "./peer";
import {
  baggageName,
  baggageNameLength,
  beginRequest,
  mayCarry,
  removeLaneHeader,
  removeUnseen,
  takePairs,
  writeMember,
} from "./request";
import {laneSeen} from "./seen";

export {allocate as proxy_on_memory_allocate} from "./host/arena";

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_context_create(_context: u32, parent: u32): void {
  enterContext(parent);
}

export function proxy_on_configure(root: u32, size: u32): u32 {
  const accepted = beginConfiguration(root, size) && beginFlat(0) && readInbound();
  return accepted && isExcepted() ? endIdle() : endConfiguration(root, accepted);
}

/** Whether this pod is one on which nothing is to be done. */
function isExcepted(): bool {
  const except = fieldOf(0, text("except"));
  let set = except + 1;
  for (let left = except ? lengthOf(except) : 0; left; left--, set = nextOf(set)) {
    if (podHas(set)) return true;
  }
  return false;
}

export function proxy_on_request_headers(_context: u32, _headers: u32, _end: u32): u32 {
  const block = currentRoot();
  if (block) arrive(changetype<InboundConfiguration>(block));
  return CONTINUE;
}

function arrive(configuration: InboundConfiguration): void {
  beginRequest();
  const busy = configuration.traceIds != 0 && laneSeen();
  if (!busy && !mayCarry(configuration)) return;
  if (!takePairs()) {
    if (!configuration.plainText && !isMeshPeer()) removeUnseen(configuration);
    return;
  }
  const header = readLaneHeader(configuration.headerAt, configuration.headerLength);
  const member = readBaggage(baggageName(), baggageNameLength());
  const carries = header != ABSENT || member != ABSENT;
  if (!carries || configuration.plainText || isMeshPeer()) {
    rememberCarried(configuration, header, member);
    return;
  }
  if (header != ABSENT) removeLaneHeader(configuration);
  if (member != ABSENT) writeMember(0, 0);
  rememberNone(configuration);
}
