import {apiVersion} from "../fields.ts";
import {askingOf, type Grant} from "./asking.ts";
import {namespaceOf, servicesIn} from "./group.ts";
import type {Note} from "./note.ts";
import type {AsmFamily} from "./read.ts";
import {convertRules, isEveryPath} from "./rules.ts";
import {groupLabel, type AsmLane} from "./schema.ts";

/** A lane other than the baseline in our words; undefined where nothing of it is left. */
export function convertLane(
  lane: AsmLane,
  family: AsmFamily,
  grant: Grant | undefined,
  note: Note,
): object | undefined {
  const {group} = family;
  const {[groupLabel]: _group, ...labels} = lane.metadata.labels as Record<string, string>;
  const namespace = namespaceOf(group);
  const services =
    lane.spec.services === undefined
      ? group.spec.services.filter((service) => service.namespace === namespace).map(({name}) => name)
      : servicesIn(namespace, lane.spec.services, lane, note);
  if (services.length === 0) {
    note(lane, ["spec", "services"], "the lane is not carried over: none of its services was");
    return undefined;
  }
  const match = convertRules(lane, family, askingOf(group, grant), note);
  const weight = weightOf(lane, family, note);
  return {
    apiVersion,
    kind: "SwimLane",
    metadata: {name: lane.metadata.name, namespace, ...(Object.keys(labels).length === 0 ? {} : {labels})},
    spec: {
      group: group.metadata.name,
      labels: lane.spec.labelSelector,
      services: services.map((name) => ({name})),
      ...(match.length === 0 ? {} : {match}),
      ...(weight === 0 ? {} : {weight}),
      ...(group.spec.isPermissive ? {} : {strict: true}),
    },
  };
}

/** Percent: ASM's weights are shares of their sum. */
function weightOf(lane: AsmLane, {group, lanes}: AsmFamily, note: Note): number {
  const own = lane.spec.ingressWeight?.weight ?? 0;
  if (own === 0) return 0;
  const {ingressRoutingStrategy, weightedRoutingRule} = group.spec.ingress.ingressRouting;
  const skip = (reason: string): number => {
    note(lane, ["spec", "ingressWeight"], `ingressWeight is not carried over: ${reason}`);
    return 0;
  };
  if (ingressRoutingStrategy !== "weighted") return skip("the group routes by rules, so ASM reads no weights");
  const matches = weightedRoutingRule?.requestMatches ?? [];
  if (matches.some(({headers}) => Object.keys(headers).length > 0)) {
    return skip("it is a share of the requests with certain headers, and weight is one of all requests");
  }
  if (matches.length > 0 && !matches.some(({uri}) => isEveryPath(uri))) {
    const message =
      "ingressWeight becomes a share of all users of the group, not only of those on the paths of requestMatches";
    note(lane, ["spec", "ingressWeight"], message);
  }
  const sum = lanes.reduce((total, {spec}) => total + (spec.ingressWeight?.weight ?? 0), 0);
  return Math.floor((own * 10_000) / sum) / 100;
}
