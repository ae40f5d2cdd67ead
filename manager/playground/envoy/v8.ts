import {execFile, type ExecFileOptions} from "node:child_process";

/** A module that does nothing: what a Wasm filter must export at least. */
const EMPTY_MODULE =
  "AGFzbQEAAAABCQJgAABgAX8BfwMDAgABBQMBAAEHLQMGbWVtb3J5AgAXcHJveHlfYWJpX3ZlcnNpb25fMF8yXzEAAAZtYWxsb2MAAQoJAgIACwQAQQAL";

const type = (name: string) => `type.googleapis.com/envoy.extensions.filters.${name}`;

const wasm = {
  "@type": type("http.wasm.v3.Wasm"),
  config: {vm_config: {runtime: "envoy.wasm.runtime.v8", code: {local: {inline_bytes: EMPTY_MODULE}}}},
};

const connectionManager = {
  "@type": type("network.http_connection_manager.v3.HttpConnectionManager"),
  stat_prefix: "v8",
  route_config: {},
  http_filters: [
    {name: "wasm", typed_config: wasm},
    {name: "router", typed_config: {"@type": type("http.router.v3.Router")}},
  ],
};

const bootstrap = {
  static_resources: {
    listeners: [
      {
        address: {socket_address: {address: "127.0.0.1", port_value: 0}},
        filter_chains: [{filters: [{name: "http", typed_config: connectionManager}]}],
      },
    ],
  },
};

/**
 * Why this Envoy cannot run Wasm filters, or undefined when it can: it is asked to validate a configuration with an
 * empty module for V8, which takes it some 50 ms and opens no port.
 */
export async function lackOfV8(envoy: string): Promise<string | undefined> {
  const args = ["--mode", "validate", "--log-level", "error", "--config-yaml", JSON.stringify(bootstrap)];
  const {error, stdout, stderr} = await runProgram(envoy, args);
  if (error === undefined) return stdout.includes("OK") ? undefined : "it does not answer as Envoy does";
  if ("code" in error && typeof error.code === "string") return `it does not start: ${error.code}`;
  return `it carries no V8 for Wasm filters: ${lastLine(stderr) || error.message}`;
}

interface Outcome {
  error: Error | undefined;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, or to its time limit. */
export function runProgram(command: string, args: string[], options: ExecFileOptions = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, {timeout: 60_000, ...options, encoding: "utf8"}, (error, stdout, stderr) =>
      resolve({error: error ?? undefined, stdout, stderr}),
    );
  });
}

export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
