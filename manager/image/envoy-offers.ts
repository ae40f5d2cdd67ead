/**
 * Whether Envoy offers a function to modules of proxy-wasm ABI 0.2.1: those that the oldest supported version, 1.36, registers
 * (github.com/proxy-wasm/proxy-wasm-cpp-host at c4d7bb0, include/proxy-wasm/exports.h; src/wasm.cc, `registerCallbacks`).
 */
export function isOffered(module: string, name: string): boolean {
  return offered.get(module)?.has(name) === true;
}

/** What Envoy calls in a module of proxy-wasm ABI 0.2.1 (the same project, src/wasm.cc, `getFunctions`). */
export function isCalled(name: string): boolean {
  return callbacks.has(name);
}

/** Envoy has a module allocate what it hands over; without one of these it refuses the module. */
export const allocators = ["malloc", "proxy_on_memory_allocate"];

const words = (text: string, prefix = ""): string[] =>
  text
    .trim()
    .split(/\s+/)
    .map((word) => prefix + word);

const hostFunctions = words(
  `log get_log_level get_status set_property get_property send_local_response
  get_shared_data set_shared_data register_shared_queue resolve_shared_queue dequeue_shared_queue enqueue_shared_queue
  get_header_map_value add_header_map_value replace_header_map_value remove_header_map_value
  get_header_map_pairs set_header_map_pairs get_header_map_size
  get_buffer_status get_buffer_bytes set_buffer_bytes
  http_call grpc_call grpc_stream grpc_close grpc_cancel grpc_send
  set_tick_period_milliseconds get_current_time_nanoseconds
  define_metric increment_metric record_metric get_metric
  set_effective_context done call_foreign_function continue_stream close_stream`,
  "proxy_",
);

const wasiFunctions = words(
  `fd_write fd_read fd_seek fd_close fd_fdstat_get fd_fdstat_set_flags fd_prestat_get fd_prestat_dir_name
  environ_get environ_sizes_get args_get args_sizes_get clock_time_get random_get sched_yield poll_oneoff proc_exit path_open`,
);

const offered: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["env", new Set([...hostFunctions, "pthread_equal", "emscripten_notify_memory_growth"])],
  ["wasi_snapshot_preview1", new Set(wasiFunctions)],
  ["wasi_unstable", new Set(wasiFunctions)],
]);

const callbacks: ReadonlySet<string> = new Set(
  words(
    `validate_configuration on_vm_start on_configure on_tick on_context_create on_new_connection
    on_downstream_data on_upstream_data on_downstream_connection_close on_upstream_connection_close
    on_request_headers on_request_body on_request_trailers on_request_metadata
    on_response_headers on_response_body on_response_trailers on_response_metadata
    on_http_call_response on_grpc_receive on_grpc_close on_grpc_receive_initial_metadata on_grpc_receive_trailing_metadata
    on_queue_ready on_foreign_function on_done on_log on_delete`,
    "proxy_",
  ),
);
