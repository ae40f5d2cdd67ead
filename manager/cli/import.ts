import {Command, Option} from "commander";
import {importAsm} from "../model/index.ts";
import {exitCode} from "./exit.ts";
import {readSources} from "./files.ts";
import {fileOption, outputOption} from "./options.ts";
import {printObjects, type Form} from "./print.ts";
import {hasErrors, printProblems, type Terminal} from "./terminal.ts";

interface ImportOptions {
  from: "asm";
  file: string[];
  output: Form;
  baseline: string[];
  askFrom?: string[];
  askAnyone?: true;
}

const examples = `
Examples:
  meshlane import --from asm -f asm.yaml > lanes.yaml
  kubectl get asmswimlanegroups,asmswimlanes -o yaml | meshlane import --from asm -f -
  meshlane import --from asm -f asm.yaml --ask-from 10.0.0.0/8   these clients may ask for a lane by the group's routeHeader

What could not be carried over, and why, goes to standard error. Under ASM every client may choose its lane by the routeHeader; here
nobody may until --ask-from or --ask-anyone says who.
Exit codes: 0 imported, 1 problems found and nothing printed, 2 the command itself is wrong.`;

export function importCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("import")
    .description("turn lane files of another product into ours")
    .addOption(new Option("--from <product>", "whose files").choices(["asm"]).makeOptionMandatory())
    .addOption(fileOption())
    .addOption(outputOption("print the objects in this form").default("yaml"))
    .addOption(repeatable("--baseline <lane>", "in strict mode, the lane whose pods are the baseline").default([]))
    .addOption(repeatable("--ask-from <network>", "clients that may ask for a lane by the routeHeader, 10.0.0.0/8"))
    .addOption(new Option("--ask-anyone", "every client may ask for a lane by the routeHeader").conflicts("askFrom"))
    .addHelpText("after", examples)
    .action(async (options: ImportOptions) => exit(await importLanes(options, terminal)));
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be repeated`).argParser(
    (value: string, before: string[] | undefined) => [...(before ?? []), value],
  );
}

async function importLanes(options: ImportOptions, terminal: Terminal): Promise<number> {
  const grant = options.askAnyone ? [] : options.askFrom;
  const choices = {grant, baselines: options.baseline};
  const {objects, problems} = importAsm(await readSources(options.file, terminal), choices);
  printProblems(problems, terminal);
  if (hasErrors(problems)) return exitCode.problems;
  if (objects.length === 0) {
    terminal.stderr.write(`${options.file.join(", ")}: there is no ASMSwimLaneGroup in it. Is it the right file?\n`);
    return exitCode.problems;
  }
  terminal.stdout.write(printObjects(objects, options.output));
  return exitCode.ok;
}
