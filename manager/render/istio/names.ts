import {createHash} from "node:crypto";
import {hostOf} from "../../compile/hosts.ts";
import type {Destination, Labels} from "../../compile/plan.ts";

/** Envoy's name of the cluster that istiod makes for one port of a destination. */
export function clusterName(destination: Destination, port: number, domain: string): string {
  return `outbound|${port}|${subsetOf(destination) ?? ""}|${hostOf(destination.service, domain)}`;
}

export function subsetOf({labels}: Destination): string | undefined {
  return labels === undefined ? undefined : subsetName(labels);
}

/** A DNS label that no subset of a user has: istiod drops the second of one name. */
export function subsetName(labels: Labels): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const readable = sorted
    .map(([, value]) => value.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"))
    .join("-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 40);
  return ["meshlane", readable, shortHash(JSON.stringify(sorted))].filter((part) => part !== "").join("-");
}

/** Eight hexadecimal digits. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

export function namespaceOf(key: string): string {
  return key.split("/")[0] ?? "";
}

export function nameOf(key: string): string {
  return key.split("/")[1] ?? "";
}
