import {formatProblem, type Problem} from "../model/index.ts";

/** Where a verb reads and writes: data on `stdout`, everything else on `stderr`. */
export interface Terminal {
  stdin: AsyncIterable<string | Buffer>;
  stdout: Stream;
  stderr: Stream;
}

interface Stream {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
}

export const red = 31;
export const green = 32;
export const yellow = 33;

/** One line a problem, in colour only where a person reads. */
export function printProblems(problems: Problem[], {stderr}: Terminal): void {
  for (const problem of problems) {
    const line = formatProblem(problem);
    stderr.write(`${paint(line, problem.severity === "error" ? red : yellow, stderr)}\n`);
  }
}

/** The text in a colour, where a person reads. */
export function paint(text: string, colour: number, stream: Stream): string {
  const plain = stream.isTTY !== true || (process.env["NO_COLOR"] ?? "") !== "";
  return plain ? text : `\u001b[${colour}m${text}\u001b[0m`;
}

export function hasErrors(problems: readonly {severity: "error" | "warning"}[]): boolean {
  return problems.some(({severity}) => severity === "error");
}

/** What a client does, on standard error. */
export function progressOn({stderr}: Terminal): (line: string) => void {
  return (line) => void stderr.write(`${line}\n`);
}
