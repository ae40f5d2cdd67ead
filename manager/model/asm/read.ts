import {issueProblems} from "../issues.ts";
import {problemAt, problemIn, type Problem} from "../problem.ts";
import {readObjects, type RawObject, type SourceText} from "../read.ts";
import {rememberSource} from "../source.ts";
import {asmGroup, asmLane, groupLabel, type AsmGroup, type AsmLane} from "./schema.ts";

/** A group with the lanes that name it, in the order of the files. */
export interface AsmFamily {
  group: AsmGroup;
  lanes: AsmLane[];
}

/** The groups of the texts with their lanes. What is not valid, has no group or stands there twice is an error. */
export function readAsm(sources: SourceText[]): {families: AsmFamily[]; problems: Problem[]} {
  const read = sources.map(readObjects);
  const problems = read.flatMap((part) => part.problems);
  const groups: AsmGroup[] = [];
  const lanes: AsmLane[] = [];
  const broken = new Set<unknown>();
  for (const raw of read.flatMap(({objects}) => objects)) {
    const kind = (raw.value as {kind?: unknown} | null)?.kind;
    if (kind === "ASMSwimLaneGroup") {
      const result = asmGroup.safeParse(raw.value, {reportInput: true});
      if (!result.success) broken.add((raw.value as {metadata?: {name?: unknown} | null}).metadata?.name);
      add(groups, result, raw, problems);
    } else if (kind === "ASMSwimLane") add(lanes, asmLane.safeParse(raw.value, {reportInput: true}), raw, problems);
    else {
      const message = `${typeof kind === "string" ? kind : "this"} is no ASMSwimLaneGroup or ASMSwimLane: skipped`;
      problems.push(problemIn(raw.source, undefined, [], {severity: "warning", message}));
    }
  }
  for (const lane of lanes) {
    if (broken.has(groupOf(lane)) || groups.some((group) => group.metadata.name === groupOf(lane))) continue;
    const message = `no ASMSwimLaneGroup "${groupOf(lane)}" is among the files`;
    problems.push(problemAt(lane, ["metadata", "labels", groupLabel], {message, hint: "Add its file with -f."}));
  }
  const families = groups.map((group) => ({
    group,
    lanes: lanes.filter((lane) => groupOf(lane) === group.metadata.name),
  }));
  return {families, problems};
}

function groupOf(lane: AsmLane): string {
  return lane.metadata.labels[groupLabel];
}

type Result<Item> = {success: true; data: Item} | {success: false; error: Parameters<typeof issueProblems>[0]};

function add<Item extends AsmGroup | AsmLane>(
  into: Item[],
  result: Result<Item>,
  {value, source}: RawObject,
  problems: Problem[],
): void {
  if (!result.success) {
    problems.push(...issueProblems(result.error, value, source));
    return;
  }
  rememberSource(result.data, source);
  const {name} = result.data.metadata;
  if (into.some(({metadata}) => metadata.name === name)) {
    const message = "stands here a second time";
    problems.push(problemAt(result.data, ["metadata", "name"], {message, hint: "Remove one of them."}));
    return;
  }
  into.push(result.data);
}
