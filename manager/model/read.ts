import {LineCounter, parseAllDocuments, type Document, type YAMLError} from "yaml";
import type {Problem} from "./problem.ts";
import {yamlSource, type Source} from "./source.ts";

/** A text to read; `name` stands in messages. */
export interface SourceText {
  name: string;
  text: string;
}

/** An object that an API server gave, so it names its namespace, and never changes; `name` stands in messages. */
export interface SourceObject {
  name: string;
  object: unknown;
}

/** One object of a file, unchecked. */
export interface RawObject {
  value: unknown;
  source: Source;
}

/** The objects of a YAML or JSON text: all documents, and the items of each `kind: List`. Never throws. */
export function readObjects(source: SourceText | SourceObject): {objects: RawObject[]; problems: Problem[]} {
  if ("text" in source) return readText(source);
  return {objects: [{value: source.object, source: {file: source.name, lineOf: () => 1}}], problems: []};
}

function readText({name, text}: SourceText): {objects: RawObject[]; problems: Problem[]} {
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: "silent",
      merge: true,
    });
    if (!Array.isArray(documents)) return {objects: [], problems: []};
    const problems = documents.flatMap((document) =>
      [...document.errors, ...document.warnings].map((error) => syntaxProblem(name, lines, error)),
    );
    const objects = documents.flatMap((document) => (document.errors.length > 0 ? [] : unpack(name, document, lines)));
    return {objects, problems};
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {objects: [], problems: [{severity: "error", message: `cannot be read: ${reason}`, file: name, line: 1}]};
  }
}

/** Whether some object of the text says that it is of that kind. */
export function holdsKind(source: SourceText, kind: string): boolean {
  return readObjects(source).objects.some(({value}) => (value as {kind?: unknown}).kind === kind);
}

function syntaxProblem(file: string, lines: LineCounter, error: YAMLError): Problem {
  const message = error.code === "DUPLICATE_KEY" ? "this key stands here twice" : firstLine(error.message);
  return {severity: "error", message, file, line: Math.max(1, lines.linePos(error.pos[0]).line)};
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? message;
}

function unpack(file: string, document: Document, lines: LineCounter): RawObject[] {
  const value: unknown = document.toJS({maxAliasCount: 100});
  if (value === null || value === undefined) return [];
  const {kind, items} = value as {kind?: unknown; items?: unknown};
  if (kind !== "List" || !Array.isArray(items)) return [{value, source: yamlSource(file, document, lines)}];
  return items.map((item: unknown, index) => ({
    value: item,
    source: yamlSource(file, document, lines, ["items", index]),
  }));
}
