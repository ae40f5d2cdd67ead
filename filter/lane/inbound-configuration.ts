import {Common, readCommon} from "./common";
import {leave} from "./complaint";
import {isListOfLabels} from "./labels";
import {booleanField, enterField, isObjectOf} from "./read";
import {reserve} from "./writer";

@unmanaged
export class InboundConfiguration extends Common {
  plainText: bool;
}

/** Reads the tape into the block that is being written; false after a complaint. */
export function readInbound(): bool {
  const to = changetype<InboundConfiguration>(reserve(offsetof<InboundConfiguration>()));
  if (!isObjectOf(0, text("version header traceIds ttl slots plainText except")) || !readCommon(0, to)) return false;
  const plainText = booleanField(0, text("plainText"), false);
  to.plainText = plainText > 0;
  return plainText >= 0 && readExcept();
}

/** The sets of labels stay on the tape: they are of no use once the pod's were compared. */
function readExcept(): bool {
  const except = enterField(0, text("except"));
  if (!except) return true;
  if (!isListOfLabels(except)) return false;
  leave();
  return true;
}
