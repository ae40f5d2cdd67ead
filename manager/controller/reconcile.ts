import type {Api} from "../cluster/api.ts";
import {steps} from "../render/istio/steps.ts";
import type {ClusterState} from "./cluster-state.ts";
import {desired, type Desired} from "./desired.ts";
import {pass, type PassOptions, type Task} from "./pass.ts";
import {requireSettings, type Settings} from "./settings.ts";

export interface ReconcileOptions extends PassOptions {
  /** Services, `NAMESPACE/NAME`, whose VirtualService their owner hands over. */
  readonly adopt?: readonly string[];
  /** What the cluster would be with changes that are not made: for a dry run. */
  readonly suppose?: (state: ClusterState) => ClusterState;
}

/**
 * Makes the mesh follow the groups and lanes of the cluster. Each try reads the settings anew, after the objects: who began
 * before an upgrade must not write its old digests again.
 * @param settings those of a dry run, which an upgrade has not written
 */
export async function reconcile(api: Api, settings: Settings, options: ReconcileOptions): Promise<Desired> {
  const current = async () => (options.dryRun === true ? settings : requireSettings(api));
  return pass(api, async (state) => taskOf(state, await current(), options), options);
}

/** What makes the mesh follow. Pure. */
export function taskOf(
  state: ClusterState,
  settings: Settings,
  {adopt = [], suppose = (same) => same}: Pick<ReconcileOptions, "adopt" | "suppose">,
): Task<Desired> {
  const aim = desired(suppose(state), settings, adopt);
  const {objects, kept} = aim.rendering;
  return {aim, stages: steps(objects, state.live, kept), owners: aim.plan.owners};
}

/** How long a controller may be silent and still count as running, in milliseconds. */
const leaseMs = 60_000;
/** How far the controller's clock may be ahead of this one, in milliseconds. */
const skewMs = 300_000;

/** Whether a controller runs in the cluster, so that nobody else needs to do its work. */
export async function controllerRuns(api: Api): Promise<boolean> {
  const lease = await api.get({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {namespace: "meshlane-system", name: "meshlane-controller"},
  });
  const {renewTime} = (lease?.spec ?? {}) as {renewTime?: string};
  const silentMs = Date.now() - Date.parse(renewTime ?? "");
  return silentMs < leaseMs && silentMs > -skewMs;
}
