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
  /** `taskOf`, or one that remembers. */
  readonly decide?: Decide;
}

export type Decide = (
  state: ClusterState,
  settings: Settings,
  options: Pick<ReconcileOptions, "adopt" | "suppose">,
) => Task<Desired>;

/**
 * Makes the mesh follow the groups and lanes of the cluster. Each try reads the settings anew, after the objects: who began
 * before an upgrade must not write its old digests again.
 * @param settings those of a dry run, which an upgrade has not written
 */
export async function reconcile(api: Api, settings: Settings, options: ReconcileOptions): Promise<Desired> {
  const current = async () => (options.dryRun === true ? settings : requireSettings(api));
  const {decide = taskOf} = options;
  return pass(api, async (state) => decide(state, await current(), options), options);
}

/** What makes the mesh follow. Pure. */
export const taskOf: Decide = (state, settings, {adopt = [], suppose = (same) => same}) => {
  const aim = desired(suppose(state), settings, adopt);
  const {objects, kept} = aim.rendering;
  return {aim, stages: steps(objects, state.live, kept), owners: aim.plan.owners};
};
