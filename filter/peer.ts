import {getProperty} from "./host/properties";
import {OK} from "./host/abi";
import {resultLength, resultPointer} from "./host/result";
import {textAt, textLength} from "./lane/bytes";

const MTLS = text("connection\0mtls");

/** Whether the peer of the connection came with mTLS. */
export function isMeshPeer(): bool {
  if (getProperty(textAt(MTLS), textLength(MTLS)) != OK) return false;
  return resultLength() > 0 && load<u8>(resultPointer()) != 0;
}
