/** Properties: what Envoy knows of connection, node and route. A path's parts are separated by a zero byte. */

import {proxyGetProperty, Status} from "./abi";
import {lengthCell, pointerCell} from "./result";

/** A status; when `OK`, the value is at `resultPointer`. A boolean is one byte, an integer eight. */
export function getProperty(path: usize, length: u32): Status {
  return proxyGetProperty(path, length, pointerCell, lengthCell);
}
