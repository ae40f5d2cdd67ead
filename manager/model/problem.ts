import {printable} from "./printable.ts";
import type {Path, Source} from "./source.ts";
import {sourceOf} from "./source.ts";

/** Something wrong in a file. `message` has no full stop; `hint` is a sentence that says what to write instead. */
export interface Problem {
  severity: "error" | "warning";
  message: string;
  /** Whom it concerns, `lane ann`. */
  object?: string;
  /** Where in the object, `spec.services[0].name`. */
  path?: string;
  file: string;
  /** Counted from 1; 0 where there is no line to name. */
  line: number;
  hint?: string;
}

const words: Record<string, string> = {
  SwimLaneGroup: "group",
  SwimLane: "lane",
  Playground: "playground",
  ASMSwimLaneGroup: "ASM group",
  ASMSwimLane: "ASM lane",
};

/** `lane ann`, `group shop`; undefined for what is none of our objects. */
export function objectLabel(value: unknown): string | undefined {
  const {kind, metadata} = (value ?? {}) as {kind?: unknown; metadata?: {name?: unknown} | null};
  const word = typeof kind === "string" && Object.hasOwn(words, kind) ? words[kind] : undefined;
  const name = metadata?.name;
  return word !== undefined && typeof name === "string" && name !== "" ? `${word} ${name}` : word;
}

/** `spec.services[0].name` */
export function pathText(path: Path): string {
  let text = "";
  for (const key of path) {
    const plain = typeof key === "string" && /^[\w-]+$/.test(key);
    if (typeof key === "number") text += `[${key}]`;
    else if (plain) text += text === "" ? key : `.${key}`;
    else text += `[${JSON.stringify(String(key))}]`;
  }
  return text;
}

export interface Finding {
  severity?: "error" | "warning";
  message: string;
  hint?: string | undefined;
}

/** A problem at `path` of an object that `source` holds. */
export function problemIn(source: Source, object: string | undefined, path: Path, finding: Finding): Problem {
  return {
    severity: finding.severity ?? "error",
    message: finding.message,
    ...(object === undefined ? {} : {object}),
    ...(path.length === 0 ? {} : {path: pathText(path)}),
    file: source.file,
    line: source.lineOf(path),
    ...(finding.hint === undefined ? {} : {hint: finding.hint}),
  };
}

/** A problem at `path` of a group, a lane or a playground that `loadMesh` gave. An error unless it says otherwise. */
export function problemAt(object: object, path: Path, finding: Finding): Problem {
  return problemIn(sourceOf(object), objectLabel(object), path, finding);
}

/** `lane ann: service "crat" is not in group shop. Did you mean "cart"?  shop.yaml:14` */
export function formatProblem(problem: Problem): string {
  const {object, hint, file, line} = problem;
  const warning = problem.severity === "warning" ? "warning: " : "";
  const place = line > 0 ? `${file}:${line}` : file;
  const sentence = hint === undefined ? problem.message : `${problem.message}. ${hint}`;
  return printable(
    `${warning}${object === undefined ? "" : `${object}: `}${sentence}${place === "" ? "" : `  ${place}`}`,
  );
}

/** Sorted by place: by file in the order of `files`, then by line. */
export function sortByPlace(problems: Problem[], files: string[]): Problem[] {
  const order = new Map(files.map((file, index) => [file, index]));
  return problems.toSorted(
    (a, b) => (order.get(a.file) ?? files.length) - (order.get(b.file) ?? files.length) || a.line - b.line,
  );
}
