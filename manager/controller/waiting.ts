import type {ClusterFacts} from "../compile/cluster-facts.ts";
import type {Destination, Plan} from "../compile/plan.ts";
import {sameDestination} from "../compile/destination.ts";
import {firstReady} from "../compile/routes.ts";
import {selects} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";

interface Pod extends KubernetesObject {
  readonly status?: {
    readonly reason?: string;
    readonly conditions?: readonly {readonly type: string; readonly status: string; readonly reason?: string}[];
    readonly containerStatuses?: readonly {readonly state?: {readonly waiting?: {readonly reason?: string}}}[];
  };
}

/**
 * A line for each of the lanes' destinations that has no ready endpoint:
 * `ann waits: 0 of 1 pods of cart--ann ready (ImagePullBackOff). Callers get the baseline.`
 */
export function waitingLanes(
  lanes: readonly string[],
  plan: Plan,
  facts: ClusterFacts,
  objects: readonly KubernetesObject[],
): string[] {
  return plan.services.flatMap((service) =>
    service.lanes
      .filter(({lane}) => lanes.includes(lane))
      .flatMap(({lane, chain}) => {
        const own = chain[0];
        if (own === undefined || facts.ready(own) !== false) return [];
        const next = firstReady({lane, chain: chain.slice(1)}, service.baseline, (one) => facts.ready(one));
        return [`${lane} waits: ${podsOf(own, facts, objects)}. ${callersGet(next, service.baseline)}`];
      }),
  );
}

function callersGet(next: Destination | undefined, baseline: Destination): string {
  if (next === undefined) return "Callers get 503.";
  return `Callers get ${sameDestination(next, baseline) ? "the baseline" : nameOf(next)}.`;
}

function podsOf(destination: Destination, facts: ClusterFacts, objects: readonly KubernetesObject[]): string {
  const service = facts.kubernetesServices.get(destination.service);
  const name = nameOf(destination);
  if (service === undefined) return `there is no Service ${destination.service}`;
  const wanted = {...service.selector, ...destination.labels};
  const [namespace] = destination.service.split("/");
  const pods = objects.filter(
    ({kind, metadata}) => kind === "Pod" && metadata.namespace === namespace && selects(wanted, metadata.labels ?? {}),
  ) as Pod[];
  const ready = pods.filter(isReady).length;
  const reasons = [...new Set(pods.filter((pod) => !isReady(pod)).flatMap(reasonOf))];
  return `${ready} of ${pods.length} pods of ${name} ready${reasons.length > 0 ? ` (${reasons.join(", ")})` : ""}`;
}

function isReady({status}: Pod): boolean {
  return status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
}

function reasonOf({status}: Pod): string[] {
  const waiting = (status?.containerStatuses ?? []).flatMap(({state}) => state?.waiting?.reason ?? []);
  const unscheduled = (status?.conditions ?? []).filter(
    ({type, status: is}) => type === "PodScheduled" && is === "False",
  );
  return [
    ...waiting,
    ...unscheduled.flatMap(({reason}) => reason ?? []),
    ...((status?.reason ?? "") ? [status!.reason!] : []),
  ];
}

function nameOf({service, labels}: Destination): string {
  const name = service.slice(service.indexOf("/") + 1);
  const parts = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return parts.length === 0 ? name : `${name}{${parts.join(",")}}`;
}
