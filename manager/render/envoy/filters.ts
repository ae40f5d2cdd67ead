import type {FilterConfig, JsonObject} from "../filter-config.ts";
import {discovery, typed} from "./discovery.ts";

/** A filter's file: its configuration can change while the listener that names it stays. */
export function filterFile(name: string, {module, configuration}: FilterConfig): JsonObject {
  const wasm = typed("envoy.extensions.filters.http.wasm.v3.Wasm", {
    config: {
      name,
      failure_policy: "FAIL_OPEN",
      vm_config: {
        runtime: "envoy.wasm.runtime.v8",
        code: {local: {filename: `../../modules/${module}.wasm`}},
      },
      configuration: typed("google.protobuf.StringValue", {value: JSON.stringify(configuration)}),
    },
  });
  return discovery([typed("envoy.config.core.v3.TypedExtensionConfig", {name, typed_config: wasm})]);
}
