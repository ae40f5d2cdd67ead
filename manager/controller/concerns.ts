import {keyOf, type Mesh, type Problem} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import type {Notice} from "../render/istio/options.ts";
import {sourceName} from "./cluster-mesh.ts";

/** What there is to say of a cluster, where an error is about what a command was asked for, and all else a warning. */
export interface Judged {
  readonly problems: readonly Problem[];
  readonly notices: readonly Notice[];
}

/**
 * Demotes what is wrong with other groups and lanes than these.
 * @param all what there is to say of the whole mesh
 * @param noticesOf the notices of a mesh that has only a part of the groups and lanes
 */
export function judgedFor(
  objects: readonly KubernetesObject[],
  mesh: Mesh,
  all: Judged,
  noticesOf: (part: Mesh) => readonly Notice[],
): Judged {
  const part = partOf(mesh, objects);
  const own = new Set(noticesOf(part).map(topic));
  const names = part.groups.flatMap((group) => [
    `group ${keyOf(group)}`,
    ...group.spec.entry.gateways.map((gateway) => `gateway ${gateway}`),
  ]);
  const files = new Set(objects.map(({kind, metadata}) => sourceName(kind, metadata)));
  return {
    problems: all.problems.map((problem) => (files.has(problem.file) ? problem : {...problem, severity: "warning"})),
    notices: all.notices.map((notice) =>
      own.has(topic(notice)) || names.some((name) => mentions(notice, name))
        ? notice
        : {...notice, severity: "warning"},
    ),
  };
}

/** These groups with all their lanes, and these lanes with their groups and what stands in for them. */
function partOf({groups, lanes}: Mesh, objects: readonly KubernetesObject[]): Mesh {
  const named = new Set(objects.map(({kind, metadata}) => sourceName(kind, metadata)));
  const isNamed = (kind: string, metadata: {name: string; namespace: string}) => named.has(sourceName(kind, metadata));
  const whole = new Set(groups.filter(({metadata}) => isNamed("SwimLaneGroup", metadata)).map(keyOf));
  const own = lanes.filter(({metadata, spec}) => isNamed("SwimLane", metadata) || whole.has(spec.group));
  const kept = new Set(own.flatMap(({metadata, spec}) => [metadata.name, ...spec.fallback]));
  const entered = new Set([...whole, ...own.map(({spec}) => spec.group)]);
  return {
    groups: groups.filter((group) => entered.has(keyOf(group))),
    lanes: lanes.filter(({metadata}) => kept.has(metadata.name)),
  };
}

/** Which lanes a message lists is not what it is about. */
function topic({subject, reason}: Notice): string {
  return `${reason} ${subject}`;
}

function mentions({subject, message}: Notice, name: string): boolean {
  const after = (text: string): string => text.split(name).at(-1) ?? "";
  return [subject, message].some((text) => text.includes(name) && !/^[\w/.-]*\w/.test(after(text)));
}
