import type {Api} from "../cluster/api.ts";
import {systemNamespace} from "./settings.ts";

/** How long a controller may be silent and still count as running, in milliseconds. */
const leaseMs = 60_000;
/** How far the controller's clock may be ahead of this one, in milliseconds. */
const skewMs = 300_000;

export const leaseRef = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: {name: "meshlane-controller", namespace: systemNamespace},
} as const;

/** Whether a controller runs in the cluster, so that nobody else needs to do its work. */
export async function controllerRuns(api: Api): Promise<boolean> {
  const lease = await api.get(leaseRef);
  const {renewTime} = (lease?.spec ?? {}) as {renewTime?: string};
  const silentMs = Date.now() - Date.parse(renewTime ?? "");
  return silentMs < leaseMs && silentMs > -skewMs;
}
