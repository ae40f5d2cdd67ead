/** Shared data: one map for all workers and plugins of the process. Keys cannot be deleted. */

import {OK, proxyGetSharedData, proxySetSharedData, Status} from "./abi";
import {casCell, lengthCell, pointerCell} from "./result";

/** Whether the key exists; then the value is at `resultPointer` (its length may be 0) and `sharedCas` is its version. */
export function getShared(key: usize, keyLength: u32): bool {
  return proxyGetSharedData(key, keyLength, pointerCell, lengthCell, casCell) == OK;
}

/** The version of the value that the last successful `getShared` returned. */
export function sharedCas(): u32 {
  return load<u32>(casCell);
}

/** Sets the key. With `cas` not 0 it is `CAS_MISMATCH` when somebody else has set it since. */
export function setShared(key: usize, keyLength: u32, value: usize, length: u32, cas: u32): Status {
  return proxySetSharedData(key, keyLength, value, length, cas);
}
