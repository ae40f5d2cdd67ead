import type {Inspection, ProxyFact} from "./inspection.ts";
import {count, ok, type Result, some, warning} from "./result.ts";

/** What Envoy must have been built with for native routing. */
const needed = [
  "envoy.router.cluster_specifier_plugin.matcher",
  "envoy.clusters.aggregate",
  "envoy.retry_priorities.previous_priorities",
];

/** Whether all proxies that were asked can route natively; undefined where none was asked. */
export function supportsNative(proxies: readonly ProxyFact[]): boolean | undefined {
  const asked = proxies.filter(({problem}) => problem === undefined);
  return asked.length === 0 ? undefined : asked.every((proxy) => lacks(proxy).length === 0);
}

function lacks({extensions}: ProxyFact): string[] {
  return needed.filter((name) => !extensions.has(name));
}

export function checkNative({proxies, settings}: Inspection): Result[] {
  const supported = supportsNative(proxies);
  if (supported === undefined) {
    return [
      warning(
        "native",
        "no proxy could be asked whether it routes natively",
        "Check again when pods with sidecars run.",
      ),
    ];
  }
  if (supported) {
    if (settings?.nativeSupported === false) {
      return [
        warning(
          "native",
          "all proxies could route natively, but routing: auto writes routes",
          "meshlane upgrade --routing-native auto finds it out anew.",
        ),
      ];
    }
    return [
      ok("native", `native routing is supported by all ${count(proxies.length, "proxy").replace("proxys", "proxies")}`),
    ];
  }
  const unable = proxies.filter((proxy) => proxy.problem === undefined && lacks(proxy).length > 0);
  const names = unable.map((proxy) => `${proxy.pod} (without ${lacks(proxy)[0]})`);
  const message = `proxies cannot route natively: ${some(names, 3)}`;
  const hint =
    settings?.nativeSupported === true
      ? "Write routing: routes in the groups, or update those proxies."
      : "routing: auto writes routes instead; routing: native would fail there.";
  return [warning("native", message, hint, names)];
}
