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

const red = 31;
const yellow = 33;

/** One line a problem, in colour only where a person reads. */
export function printProblems(problems: Problem[], {stderr}: Terminal): void {
  for (const problem of problems) {
    const line = formatProblem(problem);
    stderr.write(`${paint(line, problem.severity === "error" ? red : yellow, stderr)}\n`);
  }
}

function paint(text: string, colour: number, stream: Stream): string {
  const plain = stream.isTTY !== true || (process.env["NO_COLOR"] ?? "") !== "";
  return plain ? text : `\u001b[${colour}m${text}\u001b[0m`;
}

export function hasErrors(problems: Problem[]): boolean {
  return problems.some(({severity}) => severity === "error");
}
