import type {Api} from "../cluster/api.ts";
import {steps} from "../render/istio/steps.ts";
import type {ClusterState} from "./cluster-state.ts";
import {desired, type Desired} from "./desired.ts";
import {pass, type PassOptions, type PassResult} from "./pass.ts";
import type {Settings} from "./settings.ts";

export interface ReconcileOptions extends PassOptions {
  /** Services, `NAMESPACE/NAME`, whose VirtualService their owner hands over. */
  readonly adopt?: readonly string[];
  /** What the cluster would be with changes that are not made: for a dry run. */
  readonly suppose?: (state: ClusterState) => ClusterState;
}

/** Makes the mesh follow the groups and lanes of the cluster. */
export async function reconcile(api: Api, settings: Settings, options: ReconcileOptions): Promise<PassResult<Desired>> {
  const {adopt = [], suppose = (state: ClusterState) => state} = options;
  return pass(
    api,
    (state) => {
      const aim = desired(suppose(state), settings, adopt);
      const {objects, kept} = aim.rendering;
      return {aim, stages: steps(objects, state.live, kept), owners: aim.plan.owners};
    },
    options,
  );
}

/** How long a controller may be silent and still count as running, in milliseconds. */
const leaseMs = 60_000;

/** Whether a controller runs in the cluster, so that nobody else needs to do its work. */
export async function controllerRuns(api: Api): Promise<boolean> {
  const lease = await api.get({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {namespace: "meshlane-system", name: "meshlane-controller"},
  });
  const {renewTime} = (lease?.spec ?? {}) as {renewTime?: string};
  return renewTime !== undefined && Date.now() - Date.parse(renewTime) < leaseMs;
}
