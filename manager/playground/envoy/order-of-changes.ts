import {type Files, versionOf} from "../../render/envoy/index.ts";
import type {Json, JsonObject} from "../../render/filter-config.ts";
import type {DiscoveryServer} from "./discovery-server.ts";

const CLUSTERS = "clusters.json";

/**
 * Brings the proxies from one set of files to another: destinations before the routes that use them, routes away before
 * destinations vanish.
 * @returns the proxies, by name, that did not take a change in time
 */
export async function changeInOrder(server: DiscoveryServer, before: Files, after: Files): Promise<string[]> {
  const late = new Set<string>();
  const tell = async (files: Files): Promise<void> => {
    server.publish(files);
    for (const proxy of await server.confirmed(Object.keys(files))) late.add(proxy);
  };
  await tell({...folder(after, "endpoints/"), [CLUSTERS]: bothClusters(before[CLUSTERS], after[CLUSTERS])});
  await tell(folder(after, "routes/"));
  await tell(folder(after, "proxies/"));
  await tell({[CLUSTERS]: after[CLUSTERS] ?? {}});
  server.prune((path) => path in after);
  return [...late];
}

/** What is there and what is to come; where both have a cluster of a name, the one to come. */
function bothClusters(before: JsonObject | undefined, after: JsonObject | undefined): JsonObject {
  const merged = new Map([...resources(before), ...resources(after)].map((cluster) => [cluster["name"], cluster]));
  const all = [...merged.values()];
  const same = all.length === resources(after).length;
  return same && after ? after : {version_info: `${versionOf(before)}+${versionOf(after)}`, resources: all};
}

function resources(file: JsonObject | undefined): JsonObject[] {
  return [...((file?.["resources"] as readonly Json[] | undefined) ?? [])] as JsonObject[];
}

function folder(files: Files, name: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith(name)));
}
