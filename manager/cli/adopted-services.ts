import type {ClusterState} from "../controller/cluster-state.ts";
import {desired} from "../controller/desired.ts";
import type {Settings} from "../controller/settings.ts";
import {serviceKey} from "./service-key.ts";

interface With {
  /** The cluster as it is to be. */
  readonly state: ClusterState;
  readonly settings: Settings;
  /** Where a service is looked for first. */
  readonly namespace: string;
}

/**
 * The services that `--adopt` names, as `NAMESPACE/NAME`.
 * @throws UsageError where no group has such a service, or several namespaces do
 */
export function adoptedServices(names: readonly string[], {state, settings, namespace}: With): string[] {
  if (names.length === 0) return [];
  const {plan} = desired(state, settings, []);
  return names.map((name) => serviceKey(name, plan, {among: "the cluster", namespace}));
}
