import {applicationUnreached} from "../unreached.ts";
import type {IstioObject} from "./options.ts";
import {ownObject} from "./own-object.ts";
import {managerPatch, withoutUnreached} from "./strip.ts";

/** The proxies of a namespace tell callers which requests never reached the application, and nobody else can say so. */
export function unreachedFilter(namespace: string): IstioObject {
  const told = managerPatch("SIDECAR_INBOUND", {}, {local_reply_config: {mappers: [applicationUnreached]}});
  const header = {part: "filter", namespace, name: "meshlane-unreached"} as const;
  return ownObject("EnvoyFilter", header, {configPatches: [told, withoutUnreached("SIDECAR_INBOUND")]});
}
