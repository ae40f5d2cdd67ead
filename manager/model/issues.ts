import type {z} from "zod";
import {objectLabel, pathText, problemIn, type Problem} from "./problem.ts";
import type {Path, Source} from "./source.ts";

type Issue = z.core.$ZodIssue;

const articles: Record<string, string> = {
  array: "a list",
  object: "an object",
  record: "an object",
  int: "a whole number",
};

/** The problems of one object that failed its schema, one for each thing that is wrong. */
export function issueProblems(error: z.ZodError, object: unknown, source: Source): Problem[] {
  return withoutEchoes(error.issues).flatMap((issue) =>
    describe(issue, []).map(({path, message}) =>
      problemIn(source, objectLabel(object), path, {message: sentence(path, message)}),
    ),
  );
}

/** Where a field is unknown, what is said about the fields together may only follow from that. */
function withoutEchoes(issues: Issue[]): Issue[] {
  const unknown = new Set(issues.filter(({code}) => code === "unrecognized_keys").map(({path}) => pathText(path)));
  return issues.filter(({code, path}) => code !== "custom" || !unknown.has(pathText(path)));
}

interface Described {
  path: Path;
  message: string;
}

function describe(issue: Issue, base: Path): Described[] {
  const path = [...base, ...issue.path];
  switch (issue.code) {
    case "unrecognized_keys": {
      const messages = issue.message.split("\n");
      return issue.keys.map((key, index) => ({path: [...path, key], message: messages[index] ?? issue.message}));
    }
    case "invalid_union":
      return describeUnion(issue, path);
    case "invalid_key":
      return issue.issues.map((inner) => ({path, message: inner.message}));
    default:
      return [{path, message: wording(issue)}];
  }
}

/** Of several forms, the one whose kind of value was written speaks. */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path): Described[] {
  const meant = issue.errors.find(
    (issues) => !issues.some((inner) => inner.code === "invalid_type" && inner.path.length === 0),
  );
  return meant === undefined ? [{path, message: issue.message}] : meant.flatMap((inner) => describe(inner, path));
}

function wording(issue: Issue): string {
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
    if (issue.input === undefined) return "is missing";
    return `must be ${articles[issue.expected] ?? `a ${issue.expected}`}`;
  }
  if (issue.code === "invalid_value" && issue.message.startsWith("Invalid")) {
    return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
  }
  return issue.message;
}

function sentence(path: Path, message: string): string {
  if (message.startsWith("unknown field"))
    return `${pathText(path.slice(0, -1)) || "here"} has ${withArticle(message)}`;
  const joint = /^(must|is|repeats) /.test(message) ? " " : ": ";
  return path.length === 0 ? message : `${pathText(path)}${joint}${message}`;
}

function withArticle(message: string): string {
  return message.replace(/^unknown/, "an unknown");
}
