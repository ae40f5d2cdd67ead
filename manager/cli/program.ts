import {readFileSync} from "node:fs";
import {Command, CommanderError} from "commander";
import {exitCode, UsageError} from "./exit.ts";
import type {Terminal} from "./terminal.ts";
import {validateCommand} from "./validate.ts";

const examples = `
Examples:
  meshlane validate -f shop.yaml`;

/** Runs one command line (without `node` and the program's name); gives the exit code. */
export async function run(args: string[], terminal: Terminal): Promise<number> {
  let code: number = exitCode.ok;
  const program = build(terminal, (given) => {
    code = given;
  });
  try {
    await program.parseAsync(args, {from: "user"});
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    if (!(error instanceof UsageError)) throw error;
    terminal.stderr.write(`meshlane: ${error.message}\n`);
    return exitCode.usage;
  }
}

function build(terminal: Terminal, exit: (code: number) => void): Command {
  const program = new Command("meshlane")
    .description("Swim lanes for Istio and Envoy")
    .version(version(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .usage("VERB [options]")
    .addHelpText("after", examples);
  for (const command of [validateCommand(terminal, exit)]) program.addCommand(command);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text.replace(/^error: /, "meshlane: ")),
    });
  }
  return program;
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as {version: string}).version;
}
