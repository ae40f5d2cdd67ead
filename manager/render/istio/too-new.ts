import {isNewer} from "../../model/version-order.ts";
import type {JsonObject} from "../filter-config.ts";
import type {IstioObject, Notice} from "./options.ts";
import {identity} from "./own-object.ts";
import {configOf} from "./plugins.ts";

/** Fields of the filter's configuration that came after 0.1.0, by the version that brought them (decision 11). */
const since: Readonly<Record<string, string>> = {except: "0.2.0", pods: "0.2.0", "mesh.egress": "0.2.0"};

/** What keeps an object from being written for a field that the installed filter would refuse, if anything does. */
export function tooNew(object: IstioObject, installed: string): Notice | undefined {
  const config = configOf(object);
  const found = Object.entries(since).find(([path, version]) => isNewer(version, installed) && has(config, path));
  if (found === undefined) return undefined;
  const [path, version] = found;
  return {
    severity: "error",
    subject: identity(object),
    reason: "FilterTooOld",
    message: `needs the filter's field ${path}, which came with ${version}; ${installed} is installed. It is not written, and what is there stays`,
    hint: "Run meshlane upgrade.",
  };
}

function has(config: unknown, path: string): boolean {
  return path.split(".").reduce((within, name) => (within as JsonObject | undefined)?.[name], config) !== undefined;
}
