import type {SwimLaneGroup} from "../group.ts";
import type {Mesh} from "../mesh.ts";
import {problemAt, type Problem} from "../problem.ts";

interface HostAt {
  pattern: string;
  written: string;
  path: (string | number)[];
}

/**
 * On a gateway of several groups, each host is of one of them; one group may leave its hosts out and takes the rest. The edge
 * of a playground stands for every gateway.
 */
export function checkHosts({groups, playground}: Mesh): Problem[] {
  const problems: Problem[] = [];
  groups.forEach((group, index) => {
    for (const other of groups.slice(0, index)) {
      const [ours, theirs] = [group.spec.entry.gateways, other.spec.entry.gateways];
      const shared = ours.find((gateway) => theirs.includes(gateway));
      const edge = playground !== undefined && ours.length > 0 && theirs.length > 0;
      if (shared !== undefined) problems.push(...checkPair(group, other, `gateway ${shared}`));
      else if (edge) problems.push(...checkPair(group, other, "the playground's edge"));
    }
  });
  return problems;
}

function checkPair(group: SwimLaneGroup, other: SwimLaneGroup, where: string): Problem[] {
  const theirs = hostsOf(other);
  const overlaps = hostsOf(group).flatMap(({pattern, written, path}) => {
    const met = theirs.find((one) => overlap(pattern, one.pattern));
    if (met === undefined) return [];
    const message = `host ${written} overlaps ${met.written} of group ${other.metadata.name} on ${where}`;
    return [problemAt(group, path, {message, hint: "A host is of one group: change one of them."})];
  });
  if (group.spec.entry.hosts !== undefined || other.spec.entry.hosts !== undefined) return overlaps;
  const message = `groups ${other.metadata.name} and ${group.metadata.name} both leave entry.hosts out, but only one can take the rest of ${where}`;
  const hint = `Write entry: {hosts: [...]} in one of them.`;
  return [...overlaps, problemAt(group, ["spec", "entry"], {message, hint})];
}

function hostsOf({spec}: SwimLaneGroup): HostAt[] {
  const {hosts = [], lane} = spec.entry;
  return [
    ...hosts.map((host, index) => ({pattern: host, written: host, path: ["spec", "entry", "hosts", index]})),
    ...lane.flatMap(({host}, index) =>
      host === undefined
        ? []
        : [{pattern: host.replace("{lane}", "*"), written: host, path: ["spec", "entry", "lane", index, "host"]}],
    ),
  ];
}

/** Whether some host matches both; a `*` stands for one or more characters of one label. */
export function overlap(a: string, b: string): boolean {
  const [left, right] = [a.split("."), b.split(".")];
  return left.length === right.length && left.every((label, index) => labelsOverlap(label, right[index]!));
}

function labelsOverlap(a: string, b: string): boolean {
  if (!a.includes("*") && !b.includes("*")) return a === b;
  if (!a.includes("*")) return labelsOverlap(b, a);
  const [start, end] = a.split("*") as [string, string];
  if (!b.includes("*")) return b.length > start.length + end.length && b.startsWith(start) && b.endsWith(end);
  const [otherStart, otherEnd] = b.split("*") as [string, string];
  const starts = start.startsWith(otherStart) || otherStart.startsWith(start);
  return starts && (end.endsWith(otherEnd) || otherEnd.endsWith(end));
}
