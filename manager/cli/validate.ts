import {Command} from "commander";
import {loadMesh, type Mesh} from "../model/index.ts";
import {exitCode} from "./exit.ts";
import {readSources} from "./files.ts";
import {fileOption, outputOption} from "./options.ts";
import {printObjects, type Form} from "./print.ts";
import {hasErrors, printProblems, type Terminal} from "./terminal.ts";

interface ValidateOptions {
  file: string[];
  output?: Form;
}

const examples = `
Examples:
  meshlane validate -f shop.yaml                 all problems of a file, with line and remedy
  meshlane validate -f lanes/ -f playground.yaml a folder and a file together
  meshlane validate -f shop.yaml -o yaml         the file with all defaults filled in
  kubectl get swimlanes -A -o yaml | meshlane validate -f -

Exit codes: 0 valid, 1 problems found, 2 the command itself is wrong.`;

export function validateCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("validate")
    .description("find what is wrong in lane files, all of it at once")
    .addOption(fileOption())
    .addOption(outputOption("print the objects with all defaults filled in"))
    .addHelpText("after", examples)
    .action(async (options: ValidateOptions) => exit(await validate(options, terminal)));
}

async function validate({file, output}: ValidateOptions, terminal: Terminal): Promise<number> {
  const {mesh, problems} = loadMesh(await readSources(file, terminal));
  printProblems(problems, terminal);
  if (hasErrors(problems)) return exitCode.problems;
  if (objectsOf(mesh).length === 0 && problems.length === 0) {
    terminal.stderr.write(`${file.join(", ")}: there is no object in it. Is it the right file?\n`);
    return exitCode.problems;
  }
  if (output === undefined) terminal.stdout.write(`valid: ${summary(mesh)}\n`);
  else terminal.stdout.write(printObjects(objectsOf(mesh), output));
  return exitCode.ok;
}

function objectsOf({groups, lanes, playground}: Mesh): object[] {
  return [...groups, ...lanes, ...(playground === undefined ? [] : [playground])];
}

function summary({groups, lanes, playground}: Mesh): string {
  const parts = [count(groups.length, "group"), count(lanes.length, "lane")];
  return [...parts, ...(playground === undefined ? [] : ["1 playground"])].join(", ");
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
