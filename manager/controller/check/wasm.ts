import type {Inspection} from "./inspection.ts";
import {failed, ok, type Result, some, unreadable} from "./result.ts";

/** Type of the configurations that carry filters to proxies. */
const extensionType = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";

/** Every proxy that was given the filter runs it. */
export function checkWasm({state, proxies, connected}: Inspection): Result[] {
  if (state === undefined) return [unreadable("wasm", "pods")];
  const idle = proxies.flatMap(({pod, plugins}) =>
    plugins.filter(({runs}) => !runs).map(({name}) => `${pod} (${name})`),
  );
  const refusals = Array.isArray(connected) ? connected.flatMap(refusal) : [];
  const results = [
    ...(idle.length === 0
      ? []
      : [
          failed(
            "wasm",
            `proxies could not fetch the module, so they serve the baseline: ${some(idle)}`,
            "Can the nodes reach the registry? Their agents say why: kubectl logs POD -c istio-proxy.",
            idle,
          ),
        ]),
    ...(refusals.length === 0
      ? []
      : [
          failed(
            "wasm",
            `proxies refuse the filter: ${some(refusals, 2)}`,
            "Envoy's log says more: kubectl logs POD -c istio-proxy.",
            refusals,
          ),
        ]),
  ];
  if (results.length > 0) return results;
  const asked = proxies.filter(({problem}) => problem === undefined);
  if (asked.length === 0 && proxies.length > 0) return [unreadable("wasm", "what the proxies run")];
  const running = asked.filter(({plugins}) => plugins.length > 0).length;
  const blind = "reason" in connected ? ", but istiod could not be asked whether proxies refuse something" : "";
  const message =
    running === 0 ? "no proxy has a module yet" : `the modules run in all ${running} proxies that were asked`;
  return [ok("wasm", message + blind)];
}

function refusal({id, resources}: Extract<Inspection["connected"], readonly unknown[]>[number]): string[] {
  const error = resources[extensionType]?.error ?? "";
  return error.includes("meshlane") ? [`${id}: ${error.split("\n", 1)[0]}`] : [];
}
