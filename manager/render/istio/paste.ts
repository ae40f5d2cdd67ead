import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {Plan} from "../../compile/plan.ts";
import type {Mesh} from "../../model/index.ts";
import type {JsonObject} from "../filter-config.ts";
import {routesToHave} from "./adopt.ts";
import {meshVirtualServices, virtualServices} from "./foreign.ts";
import {namespaceOf} from "./names.ts";
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
