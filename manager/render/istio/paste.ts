import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {Plan} from "../../compile/plan.ts";
import type {Mesh} from "../../model/index.ts";
import {isRendered} from "../../model/kubernetes.ts";
import {variantNames} from "../../model/pasted.ts";
import type {JsonObject} from "../filter-config.ts";
import {routesToHave} from "./adopt.ts";
import {type ForeignVirtualService, meshVirtualServices, virtualServices} from "./foreign.ts";
import {namespaceOf} from "./names.ts";
import type {Notice} from "./options.ts";
import {prepare} from "./prepared.ts";

/**
 * The `http` list that a user can paste into the VirtualService of a service, `NAMESPACE/NAME`: theirs with the lanes' routes in
 * it, or the baseline's with them where there is none yet. Undefined: no lane overrides the service.
 */
export function routesToPaste(
  service: string,
  plan: Plan,
  mesh: Mesh,
  facts: ClusterFacts,
): readonly JsonObject[] | undefined {
  const {services} = prepare(plan.services, mesh, facts);
  const own = services.find((each) => each.service === service);
  if (own === undefined) return undefined;
  const [users] = meshVirtualServices(virtualServices(facts), own.host, facts.domain);
  return routesToHave(users ?? {namespace: namespaceOf(service), spec: {}}, own, services) as unknown as JsonObject[];
}

/**
 * What is pasted in VirtualServices that nothing needs it in: such a route leads to its lane whoever names it, though the group that
 * guarded it may be gone. A route that names a subset of ours is told by `namedSubsets`.
 */
export function pastedInVain(unneeded: readonly ForeignVirtualService[]): Notice[] {
  return unneeded.flatMap(({key, object, spec}): Notice[] => {
    // What render gave is whose applies it; a delegate's host is its root's.
    if (isRendered(object) || (spec.hosts ?? []).length === 0) return [];
    const names = variantNames(spec);
    if (names.length === 0) return [];
    return [
      {
        severity: "warning",
        subject: `VirtualService ${key} (yours)`,
        reason: "PastedInVain",
        message: `still has routes of lanes that nothing here asks for: ${names.join(", ")}`,
        hint: "Take them out: requests that name such a lane go where they say, whatever groups allow.",
      },
    ];
  });
}
