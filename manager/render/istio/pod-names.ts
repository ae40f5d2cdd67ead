import type {Labels} from "../../compile/plan.ts";
import {shortHash} from "./names.ts";

/** The longest name of an object that every place of Kubernetes and Istio takes. */
const LONGEST = 63;

/** `meshlane-PART-PART`; a name that grows past 63 characters is cut and ends in a hash. */
export function objectName(...parts: readonly string[]): string {
  const name = ["meshlane", ...parts].join("-");
  return name.length <= LONGEST ? name : `${name.slice(0, LONGEST - 9).replace(/[^a-z0-9]+$/, "")}-${shortHash(name)}`;
}

/**
 * The name of what is for the pods that a selector selects. It hangs off the selector alone: which Gateways share the pods may
 * change, and an object under a new name would for a moment stand beside the old one.
 */
export function podsName(part: string, selector: Labels): string {
  const values = labelText(Object.values(Object.fromEntries(sortedLabels(selector))).join("-"));
  return objectName(part, ...(values === "" ? [] : [values]), shortHash(selectorKey(selector)));
}

/** One text for one set of labels. */
export function selectorKey(selector: Labels): string {
  return JSON.stringify(sortedLabels(selector));
}

export function sortedLabels(labels: Labels): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}

function labelText(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}
