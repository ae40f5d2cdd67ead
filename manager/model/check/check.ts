import type {Broken, Mesh} from "../mesh.ts";
import type {Problem} from "../problem.ts";
import {checkCircles, checkLaneCircles} from "./circles.ts";
import {checkEntries} from "./entries.ts";
import {checkEntryRoutes} from "./entry-routes.ts";
import {checkFallbacks} from "./fallbacks.ts";
import {checkHosts} from "./hosts.ts";
import {checkLanes} from "./lanes.ts";
import {checkPlayground, checkPlaygroundLanes} from "./playground.ts";
import {checkServices} from "./services.ts";

/** What one object alone cannot tell: everything that needs the others. */
export function checkMesh(mesh: Mesh, broken: Broken): Problem[] {
  const checks = [
    checkServices,
    checkEntries,
    checkEntryRoutes,
    checkHosts,
    checkLanes,
    checkFallbacks,
    checkPlayground,
    checkCircles,
    checkLaneCircles,
    checkPlaygroundLanes,
  ];
  return checks.flatMap((check) => check(mesh, broken));
}
