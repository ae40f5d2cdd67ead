import {start} from "./drive.ts";
import {Process} from "./process.ts";
import type {Root} from "./root.ts";

/** The two sides of one sidecar. */
export function sidecar(
  configuration: object = {},
  process = new Process(),
): {inbound: Root; outbound: Root; process: Process} {
  return {
    inbound: start("inbound", configuration, process),
    outbound: start("outbound", configuration, process),
    process,
  };
}
