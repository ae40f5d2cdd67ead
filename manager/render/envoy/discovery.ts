import {createHash} from "node:crypto";

import type {JsonObject} from "../filter-config.ts";

/** A file that Envoy watches; its version is the hash of what it holds, so equal contents are equal bytes. */
export function discovery(resources: readonly JsonObject[]): JsonObject {
  const version = createHash("sha256").update(JSON.stringify(resources)).digest("hex").slice(0, 16);
  return {version_info: version, resources};
}

/** The version of such a file; empty for what is none. */
export function versionOf(file: JsonObject | undefined): string {
  const version = file?.["version_info"];
  return typeof version === "string" ? version : "";
}

/** How proxies come by what can change: they watch files, or ask a manager that answers when it has something new. */
export type Source = "files" | {readonly manager: number};

/** A file of the proxy itself, in the folder that it runs in. */
export function own(path: string, from: Source): JsonObject {
  return from === "files" ? watched(`./${path}`) : ASKED;
}

/** A file that all proxies share, two levels above the folder that each runs in. */
export function shared(path: string, from: Source): JsonObject {
  return from === "files" ? watched(`../../${path}`) : ASKED;
}

export const MANAGER = "meshlane";

/** The manager holds each question back until there is an answer that the proxy has not got, for as long as this. */
const HELD = "3600s";

const ASKED: JsonObject = {
  api_config_source: {
    api_type: "REST",
    transport_api_version: "V3",
    cluster_names: [MANAGER],
    refresh_delay: "0.005s",
    request_timeout: HELD,
  },
  resource_api_version: "V3",
};

function watched(path: string): JsonObject {
  return {path_config_source: {path}, resource_api_version: "V3"};
}

export function typed(type: string, message: JsonObject = {}): JsonObject {
  return {"@type": `type.googleapis.com/${type}`, ...message};
}
