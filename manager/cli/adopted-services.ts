import type {Api} from "../cluster/api.ts";
import {readState} from "../controller/cluster-state.ts";
import {desired} from "../controller/desired.ts";
import type {Settings} from "../controller/settings.ts";
import {supposing} from "../controller/store.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {serviceKey} from "./service-key.ts";

interface With {
  /** Groups and lanes that are not yet in the cluster. */
  readonly objects: readonly KubernetesObject[];
  readonly settings: Settings;
  /** Where a service is looked for first. */
  readonly namespace: string;
}

/**
 * The services that `--adopt` names, as `NAMESPACE/NAME`, before anything is written.
 * @throws UsageError where no group has such a service, or several namespaces do
 */
export async function adoptedServices(
  api: Api,
  names: readonly string[],
  {objects, settings, namespace}: With,
): Promise<string[]> {
  if (names.length === 0) return [];
  const {plan} = desired(supposing(await readState(api), objects), settings, []);
  return names.map((name) => serviceKey(name, plan, {among: "the cluster", namespace}));
}
