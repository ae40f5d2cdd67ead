/**
 * The host functions of proxy-wasm ABI 0.2.1, as they are. Each answers a status (`OK`, `NOT_FOUND`, ...). Pointers ending
 * in `Out` are cells of this memory that the host writes. Only what a module calls becomes an import of it.
 */

export type Status = u32;
export const OK: Status = 0;
export const NOT_FOUND: Status = 1;
export const BAD_ARGUMENT: Status = 2;
export const CAS_MISMATCH: Status = 8;

/** Header maps. */
export const REQUEST_HEADERS: u32 = 0;
export const REQUEST_TRAILERS: u32 = 1;
export const RESPONSE_HEADERS: u32 = 2;
export const RESPONSE_TRAILERS: u32 = 3;

/** Buffers. */
export const REQUEST_BODY: u32 = 0;
export const RESPONSE_BODY: u32 = 1;
export const VM_CONFIGURATION: u32 = 6;
export const PLUGIN_CONFIGURATION: u32 = 7;

/** Log levels. */
export const LOG_INFO: u32 = 2;
export const LOG_WARN: u32 = 3;
export const LOG_ERROR: u32 = 4;

/** What a headers callback answers. */
export const CONTINUE: u32 = 0;
export const PAUSE: u32 = 1;

@external("env", "proxy_log")
export declare function proxyLog(level: u32, text: usize, length: u32): Status;

@external("env", "proxy_get_current_time_nanoseconds")
export declare function proxyGetCurrentTimeNanoseconds(timeOut: usize): Status;

@external("env", "proxy_get_buffer_bytes")
export declare function proxyGetBufferBytes(
  buffer: u32,
  start: u32,
  length: u32,
  bytesOut: usize,
  lengthOut: usize,
): Status;

@external("env", "proxy_set_buffer_bytes")
export declare function proxySetBufferBytes(buffer: u32, start: u32, length: u32, bytes: usize, size: u32): Status;

@external("env", "proxy_get_header_map_value")
export declare function proxyGetHeaderMapValue(
  map: u32,
  name: usize,
  nameLength: u32,
  valueOut: usize,
  lengthOut: usize,
): Status;

@external("env", "proxy_get_header_map_pairs")
export declare function proxyGetHeaderMapPairs(map: u32, pairsOut: usize, lengthOut: usize): Status;

@external("env", "proxy_add_header_map_value")
export declare function proxyAddHeaderMapValue(
  map: u32,
  name: usize,
  nameLength: u32,
  value: usize,
  valueLength: u32,
): Status;

@external("env", "proxy_replace_header_map_value")
export declare function proxyReplaceHeaderMapValue(
  map: u32,
  name: usize,
  nameLength: u32,
  value: usize,
  valueLength: u32,
): Status;

@external("env", "proxy_remove_header_map_value")
export declare function proxyRemoveHeaderMapValue(map: u32, name: usize, nameLength: u32): Status;

@external("env", "proxy_get_property")
export declare function proxyGetProperty(path: usize, pathLength: u32, valueOut: usize, lengthOut: usize): Status;

@external("env", "proxy_set_property")
export declare function proxySetProperty(path: usize, pathLength: u32, value: usize, length: u32): Status;

@external("env", "proxy_get_shared_data")
export declare function proxyGetSharedData(
  key: usize,
  keyLength: u32,
  valueOut: usize,
  lengthOut: usize,
  casOut: usize,
): Status;

@external("env", "proxy_set_shared_data")
export declare function proxySetSharedData(key: usize, keyLength: u32, value: usize, length: u32, cas: u32): Status;

@external("env", "proxy_set_effective_context")
export declare function proxySetEffectiveContext(context: u32): Status;

@external("env", "proxy_send_local_response")
export declare function proxySendLocalResponse(
  code: u32,
  details: usize,
  detailsLength: u32,
  body: usize,
  bodyLength: u32,
  pairs: usize,
  pairsLength: u32,
  grpcStatus: u32,
): Status;

@external("env", "proxy_define_metric")
export declare function proxyDefineMetric(kind: u32, name: usize, nameLength: u32, metricOut: usize): Status;

@external("env", "proxy_increment_metric")
export declare function proxyIncrementMetric(metric: u32, offset: i64): Status;

@external("env", "proxy_record_metric")
export declare function proxyRecordMetric(metric: u32, value: u64): Status;

/** From WASI, which Envoy offers beside the ABI. Answers an errno: 0 is success. */
@external("wasi_snapshot_preview1", "random_get")
export declare function randomGet(bytes: usize, length: u32): u32;
