import {loadMesh} from "../load.ts";
import {problemAt, sortByPlace, type Problem} from "../problem.ts";
import type {SourceText} from "../read.ts";
import type {Grant} from "./asking.ts";
import {convertGroup} from "./group.ts";
import {convertLane} from "./lane.ts";
import {noteInto, noteUncarried, type Note} from "./note.ts";
import {readAsm, type AsmFamily} from "./read.ts";
import type {AsmLane} from "./schema.ts";

/** What ASM's files do not say, and only a person can. */
export interface AsmChoices {
  /** Who may ask for a lane by the route header; undefined: nobody. */
  grant: Grant | undefined;
  /** The lanes whose pods serve requests of no lane, of groups in strict mode, which have no such lane. */
  baselines: readonly string[];
}

/**
 * ASMSwimLaneGroup and ASMSwimLane files as our objects. Every field is carried over or reported as a warning, with its place
 * and the reason; fields that ASM does not document are errors. `objects` is empty where there are errors, and valid otherwise.
 */
export function importAsm(sources: SourceText[], choices: AsmChoices): {objects: object[]; problems: Problem[]} {
  const {families, problems} = readAsm(sources);
  const note = noteInto(problems);
  const objects = families.flatMap((family) => {
    const baseline = baselineOf(family, choices, problems);
    return baseline === undefined ? [] : convert(family, baseline, choices.grant, note);
  });
  problems.push(...strangers(families, choices), ...problemsOf(objects));
  const sorted = sortByPlace(
    problems,
    sources.map(({name}) => name),
  );
  return {objects: problems.some(({severity}) => severity === "error") ? [] : objects, problems: sorted};
}

function convert(family: AsmFamily, baseline: AsmLane, grant: Grant | undefined, note: Note): object[] {
  noteUncarried(family, note);
  noteBaseline(baseline, note);
  const lanes = family.lanes.filter((lane) => lane !== baseline);
  const group = convertGroup(family, baseline, grant, note);
  return [group, ...lanes.flatMap((lane) => convertLane(lane, family, grant, note) ?? [])];
}

function noteBaseline(baseline: AsmLane, note: Note): void {
  const {ingressRules, ingressWeight} = baseline.spec;
  if (ingressRules.length === 0 && ingressWeight === undefined) return;
  const path = ["spec", ingressRules.length > 0 ? "ingressRules" : "ingressWeight"];
  note(
    baseline,
    path,
    "its ingress rules and weight are not carried over: it is the baseline, which serves what no lane takes",
  );
}

/** The lane that becomes the baseline; undefined, with an error, where nothing says which. */
function baselineOf({group, lanes}: AsmFamily, {baselines}: AsmChoices, problems: Problem[]): AsmLane | undefined {
  const {isPermissive, permissiveModeConfiguration} = group.spec;
  const refuse = (path: string[], message: string, hint: string): undefined => {
    problems.push(problemAt(group, ["spec", ...path], {message, hint}));
  };
  if (isPermissive) {
    const target = permissiveModeConfiguration.fallbackTarget;
    const path = ["permissiveModeConfiguration", "fallbackTarget"];
    if (target === undefined) {
      return refuse(path, "no fallbackTarget says which lane is the baseline", "Write fallbackTarget: LANE.");
    }
    const found = lanes.find((lane) => lane.metadata.name === target);
    return (
      found ?? refuse(path, `the baseline, ASMSwimLane "${target}", is not among the files`, "Add its file with -f.")
    );
  }
  const chosen = lanes.filter((lane) => baselines.includes(lane.metadata.name));
  if (chosen.length === 1) return chosen[0];
  const names = lanes.map((lane) => lane.metadata.name).join(", ");
  return refuse(
    ["isPermissive"],
    "strict mode has no baseline, and Meshlane needs one for the requests of no lane",
    `Import again with --baseline LANE for one of its lanes (${names}); the others become strict.`,
  );
}

function strangers(families: AsmFamily[], {baselines}: AsmChoices): Problem[] {
  const strict = families.filter(({group}) => !group.spec.isPermissive).flatMap(({lanes}) => lanes);
  const unknown = baselines.filter((name) => !strict.some((lane) => lane.metadata.name === name));
  return unknown.map((name) => ({
    severity: "error",
    message: `--baseline ${name}: no group in strict mode has such a lane`,
    file: "",
    line: 0,
  }));
}

/** What is wrong with, or to be known of, the objects themselves; they stand in no file yet. */
function problemsOf(objects: object[]): Problem[] {
  const text = JSON.stringify({apiVersion: "v1", kind: "List", items: objects});
  return loadMesh([{name: "", text}]).problems.map((problem) => ({...problem, line: 0}));
}
