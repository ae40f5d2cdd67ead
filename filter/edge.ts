/** The module of a gateway, and of an entry service's inbound side. */

import {CONTINUE} from "./host/abi";
import {currentRoot, enterContext} from "./host/roots";
import {configureEdge} from "./edge-configure";
import {admit} from "./edge-decision";
import {EdgeConfiguration} from "./lane/edge-configuration";

export {allocate as proxy_on_memory_allocate} from "./host/arena";

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_context_create(_context: u32, parent: u32): void {
  enterContext(parent);
}

export function proxy_on_configure(root: u32, size: u32): u32 {
  return configureEdge(root, size, false);
}

export function proxy_on_request_headers(_context: u32, _headers: u32, _end: u32): u32 {
  const block = currentRoot();
  if (block) admit(changetype<EdgeConfiguration>(block));
  return CONTINUE;
}
