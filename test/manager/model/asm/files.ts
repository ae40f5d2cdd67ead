import {readFileSync} from "node:fs";
import {join} from "node:path";
import {parseAllDocuments, stringify} from "yaml";
import {formatProblem, importAsm, type AsmChoices} from "../../../../manager/model/index.ts";

const nothingChosen: AsmChoices = {grant: undefined, baselines: []};

/** A sample of this folder. */
export function sample(name: string): string {
  return readFileSync(join(import.meta.dirname, `${name}.yaml`), "utf8");
}

// eslint-disable-next-line typescript/no-explicit-any
export type Loose = any;

/** A sample with some of its objects changed, found by their names; the group is `group`. */
export function changed(name: string, changes: Record<string, (object: Loose) => void>): string {
  const objects = parseAllDocuments(sample(name)).map((document) => document.toJS() as Loose);
  for (const object of objects) {
    changes[object.kind === "ASMSwimLaneGroup" ? "group" : object.metadata.name]?.(object);
  }
  return objects.map((object) => stringify(object)).join("---\n");
}

/** Imports one text; problems as they are printed, `asm.yaml:LINE` at their ends. */
export function imported(text: string, choices: Partial<AsmChoices> = {}) {
  const {objects, problems} = importAsm([{name: "asm.yaml", text}], {...nothingChosen, ...choices});
  const of = (severity: string) => problems.filter((problem) => problem.severity === severity).map(formatProblem);
  const [group, ...lanes] = objects as Loose[];
  return {group, lanes, errors: of("error"), warnings: of("warning")};
}

/** The lane of that name. */
export function laneOf({lanes}: {lanes: Loose[]}, name: string): Loose {
  return lanes.find((lane) => lane.metadata.name === name);
}
