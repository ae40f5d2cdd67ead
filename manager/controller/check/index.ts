import {checkDefinitions} from "./definitions.ts";
import {checkGateways} from "./gateways.ts";
import {checkImages} from "./images.ts";
import type {Inspection} from "./inspection.ts";
import {checkLanes, checkRoutes} from "./lanes.ts";
import {checkNative} from "./native.ts";
import {checkObjects} from "./objects.ts";
import {failed, type Result, warning} from "./result.ts";
import {checkRights, isForward} from "./rights.ts";
import {checkSelectors} from "./selectors.ts";
import {checkSidecars} from "./sidecars.ts";
import {checkThrough} from "./through.ts";
import {checkVersions} from "./versions.ts";
import {checkWasm} from "./wasm.ts";

export {inspect} from "./inspect.ts";
export type {Result} from "./result.ts";

/** Judges what was seen, at least one result a check. Pure. */
export function judge(inspection: Inspection): Result[] {
  const checks = [
    checkVersions,
    checkDefinitions,
    checkRights,
    checkUnread,
    checkImages,
    checkLanes,
    checkRoutes,
    checkObjects,
    checkSelectors,
    checkSidecars,
    checkWasm,
    checkGateways,
    checkThrough,
    checkNative,
  ];
  return checks.flatMap((check) => check(inspection));
}

function checkUnread({unread}: Inspection): Result[] {
  return unread.map((message) =>
    isForward(message)
      ? warning("reading", message, "Proxies were not asked. Without it apply waits for the time of --settle.")
      : failed("reading", message, "What needs it was not checked."),
  );
}
