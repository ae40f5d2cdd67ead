/** The module of a sidecar's outbound side. */

import {CONTINUE} from "./host/abi";
import {currentRoot, enterContext} from "./host/roots";
import {OutboundConfiguration} from "./lane/outbound-configuration";
import {configureOutbound} from "./outbound-configure";
import {restore} from "./outbound-decision";

export {allocate as proxy_on_memory_allocate} from "./host/arena";

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_context_create(_context: u32, parent: u32): void {
  enterContext(parent);
}

export function proxy_on_configure(root: u32, size: u32): u32 {
  return configureOutbound(root, size);
}

export function proxy_on_request_headers(_context: u32, _headers: u32, _end: u32): u32 {
  const block = currentRoot();
  if (block) restore(changetype<OutboundConfiguration>(block));
  return CONTINUE;
}
