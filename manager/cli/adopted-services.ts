import type {ClusterState} from "../controller/cluster-state.ts";
import {type Desired, desired} from "../controller/desired.ts";
import type {Settings} from "../controller/settings.ts";
import {isAdopted} from "../model/adopted.ts";
import {purposes} from "../render/istio/own-object.ts";
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

/** A line for each service of which nothing was handed over, though `--adopt` names it, and nothing else says so. */
export function notHandedOver(adopt: readonly string[], {rendering, plan}: Desired): string[] {
  const {objects, notices, kept = []} = rendering;
  return adopt.flatMap((service) => {
    const isDone = objects.some((object) => isAdopted(object) && purposes(object).includes(`routes ${service}`));
    const isSaid = notices.some(({subject, hint}) => `${subject} ${hint}`.split(/[^\w./-]+/).includes(service));
    if (isDone || isSaid || kept.includes(`routes ${service}`)) return [];
    const overridden = plan.services.some((one) => one.service === service && one.lanes.length > 0);
    const why = overridden ? "its host has no VirtualService of somebody else" : "no lane overrides it";
    return [`--adopt ${service}: nothing was handed over, as ${why}`];
  });
}
