/** The edge with a response phase, which issues the sticky cookie. */

import {CONTINUE, RESPONSE_HEADERS} from "./host/abi";
import {addHeader} from "./host/headers";
import {currentRoot, enterContext} from "./host/roots";
import {configureEdge} from "./edge-configure";
import {admit, issuedCookie, issuedKey, KEY_LENGTH} from "./edge-decision";
import {textAt, textLength} from "./lane/bytes";
import {EdgeConfiguration, Way} from "./lane/edge-configuration";
import {resetScratch, takeScratch} from "./lane/scratch";
import {closeStream, openStream} from "./streams";

export {allocate as proxy_on_memory_allocate} from "./host/arena";

const SET_COOKIE = text("set-cookie");
const ATTRIBUTES = text("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_context_create(_context: u32, parent: u32): void {
  enterContext(parent);
}

export function proxy_on_configure(root: u32, size: u32): u32 {
  return configureEdge(root, size, true);
}

export function proxy_on_request_headers(stream: u32, _headers: u32, _end: u32): u32 {
  const block = currentRoot();
  if (!block) return CONTINUE;
  const decided = admit(changetype<EdgeConfiguration>(block));
  const kept = decided && issuedCookie() ? openStream(stream) : 0;
  if (kept) {
    store<u32>(kept, <u32>issuedCookie());
    memory.copy(kept + 4, issuedKey(), KEY_LENGTH);
  }
  return CONTINUE;
}

export function proxy_on_response_headers(stream: u32, _headers: u32, _end: u32): u32 {
  const kept = closeStream(stream);
  if (kept) setCookie(changetype<Way>(<usize>load<u32>(kept)), kept + 4);
  return CONTINUE;
}

export function proxy_on_delete(context: u32): void {
  closeStream(context);
}

function setCookie(way: Way, key: usize): void {
  resetScratch();
  const length = way.nameLength + 1 + KEY_LENGTH + textLength(ATTRIBUTES);
  const cookie = takeScratch(length);
  if (!cookie) return;
  memory.copy(cookie, way.nameAt, way.nameLength);
  store<u8>(cookie + way.nameLength, 0x3d);
  memory.copy(cookie + way.nameLength + 1, key, KEY_LENGTH);
  memory.copy(cookie + way.nameLength + 1 + KEY_LENGTH, textAt(ATTRIBUTES), textLength(ATTRIBUTES));
  addHeader(RESPONSE_HEADERS, textAt(SET_COOKIE), textLength(SET_COOKIE), cookie, length);
}
