import {inject} from "vitest";
import {Mesh} from "./mesh.ts";

export {Mesh, type PodView} from "./mesh.ts";
export {applyLanes, deleteLanes, type Ended, installMeshlane, meshlane, meshlaneOk} from "./meshlane.ts";
export {receivedBy, type Reply, type Request, type ShopReply} from "./reply.ts";
export {Load, type LoadResult} from "./load.ts";
export {groupObject, laneObject} from "./lanes.ts";
export {type FailedRequest, SteadyLoad, type SteadyResult} from "./steady-load.ts";
export * from "../shop/shop.ts";
export {GATEWAY_PORT, gatewayDeployment, INGRESS} from "../shop/ingress.ts";

/** The mesh that all test files share. A file makes namespaces of its own in it and removes them. */
export function theMesh(): Promise<Mesh> {
  return Mesh.connect(inject("mesh"));
}
