import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {Plan} from "../../compile/plan.ts";
import type {Mesh} from "../../model/index.ts";
import type {JsonObject} from "../filter-config.ts";
import {isOfLanes} from "../../model/adopted.ts";
import {withLanes} from "./adopt.ts";
import {meshVirtualServices, virtualServices} from "./foreign.ts";
import {laneRoutes} from "./lane-routes.ts";
import {prepare} from "./prepared.ts";

/**
 * The `http` list that a user can paste into the VirtualService of a service, `NAMESPACE/NAME`: theirs with the lanes' routes in
 * it, or the lanes' alone where there is none yet. Undefined: no lane overrides the service.
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
  if (users === undefined) return laneRoutes(own);
  const http = (users.spec.http ?? []).filter((route) => !isOfLanes(route));
  return withLanes({...users, spec: {...users.spec, http}}, [own]) as unknown as JsonObject[];
}
