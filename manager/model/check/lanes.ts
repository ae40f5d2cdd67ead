import type {SwimLaneGroup} from "../group.ts";
import type {SwimLane} from "../lane.ts";
import type {Mesh} from "../mesh.ts";
import {problemAt, type Problem} from "../problem.ts";
import {keyOf, selects} from "../resolve.ts";

/** What a lane needs of its group: leave, labels that tell it from the baseline, and a share of 100 %. */
export function checkLanes({groups, lanes}: Mesh): Problem[] {
  return groups.flatMap((group) => {
    const own = lanes.filter((lane) => lane.spec.group === keyOf(group));
    return [
      ...own.flatMap((lane) => [...checkNamespace(lane, group), ...checkLabels(lane, group)]),
      ...checkWeights(own, group),
    ];
  });
}

function checkNamespace(lane: SwimLane, group: SwimLaneGroup): Problem[] {
  const {namespace} = lane.metadata;
  if (namespace === group.metadata.namespace || group.spec.allow.includes(namespace)) return [];
  const message = `namespace ${namespace} may not make lanes in group ${group.metadata.name} of ${group.metadata.namespace}`;
  const hint = `Write allow: [${namespace}] in the group, or put the lane into namespace ${group.metadata.namespace}.`;
  return [problemAt(lane, ["metadata", "namespace"], {message, hint})];
}

function checkLabels(lane: SwimLane, group: SwimLaneGroup): Problem[] {
  const baseline = group.spec.baseline?.labels;
  const {name} = group.metadata;
  return lane.spec.services.flatMap(({name: service, labels}, index) => {
    if (labels === undefined) return [];
    const path = ["spec", "services", index];
    if (baseline === undefined) {
      const message = `service "${service}" shares its Service with the baseline, but nothing tells the baseline's pods apart`;
      const hint = `Write baseline: {labels: {version: v1}} in group ${name}, with labels that only the baseline's pods have.`;
      return [problemAt(lane, path, {message, hint})];
    }
    if (!selects(labels, baseline)) return [];
    const message = `the labels for service "${service}" select the baseline of group ${name} itself`;
    return [problemAt(lane, path, {message, hint: "Write labels that only the lane's pods have."})];
  });
}

function checkWeights(lanes: SwimLane[], group: SwimLaneGroup): Problem[] {
  const weighted = lanes.filter(({spec}) => spec.weight > 0);
  const buckets = weighted.reduce((sum, {spec}) => sum + Math.round(spec.weight * 100), 0);
  const last = weighted.at(-1);
  if (last === undefined || buckets <= 10_000) return [];
  const parts = weighted.map(({metadata, spec}) => `${metadata.name} ${spec.weight}`).join(" + ");
  const message = `the weights of group ${group.metadata.name} make ${buckets / 100} %, which is more than 100: ${parts}`;
  return [problemAt(last, ["spec", "weight"], {message, hint: "Lower one of them."})];
}
