import type {AsmGroup} from "./schema.ts";

/**
 * Who may ask for a lane by the route header: clients in these networks, or, with an empty list, every client. ASM has no such
 * word: there, every client may.
 */
export type Grant = readonly string[];

/** How requests ask for a lane of one group. */
export interface Asking {
  /** The header whose value is the lane; none in strict mode. */
  header: string | undefined;
  grant: Grant | undefined;
  remedy: string;
}

export function askingOf({spec}: AsmGroup, grant: Grant | undefined): Asking {
  const {routeHeader} = spec.permissiveModeConfiguration;
  return {
    header: spec.isPermissive ? routeHeader : undefined,
    grant,
    remedy: "Import again with --ask-from CIDR for the networks that may, or, if every client may, with --ask-anyone.",
  };
}
