/** Time, random bytes and the log. */

import {OK, proxyGetCurrentTimeNanoseconds, proxyLog, randomGet} from "./abi";
import {timeCell} from "./result";

/** Nanoseconds since 1970, 0 when the host does not say. */
export function currentTime(): u64 {
  return proxyGetCurrentTimeNanoseconds(timeCell) == OK ? load<u64>(timeCell) : 0;
}

/** Fills `length` bytes from the host's random source; whether it did. */
export function randomBytes(bytes: usize, length: u32): bool {
  return randomGet(bytes, length) == 0;
}

/** One line in Envoy's log. */
export function log(level: u32, text: usize, length: u32): void {
  proxyLog(level, text, length);
}
