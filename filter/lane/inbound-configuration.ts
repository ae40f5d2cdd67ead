import {Common, readCommon} from "./common";
import {booleanField, isObjectOf} from "./read";
import {reserve} from "./writer";

@unmanaged
export class InboundConfiguration extends Common {
  plainText: bool;
}

/** Reads the tape into the block that is being written; false after a complaint. */
export function readInbound(): bool {
  const to = changetype<InboundConfiguration>(reserve(offsetof<InboundConfiguration>()));
  if (!isObjectOf(0, text("version header traceIds ttl slots plainText")) || !readCommon(0, to)) return false;
  const plainText = booleanField(0, text("plainText"), false);
  to.plainText = plainText > 0;
  return plainText >= 0;
}
