import {readFileSync} from "node:fs";
import {Command, CommanderError} from "commander";
import {ClusterError} from "../cluster/failure.ts";
import {applyCommand} from "./apply.ts";
import {buildCommand} from "./build.ts";
import {checkCommand} from "./check.ts";
import {deleteCommand} from "./delete.ts";
import {diffCommand} from "./diff.ts";
import {exitCode, UsageError} from "./exit.ts";
import {imageCommand} from "./image.ts";
import {importCommand} from "./import.ts";
import {initCommand} from "./init.ts";
import {installCommand} from "./install.ts";
import {playgroundCommand} from "./playground.ts";
import {pullCommand} from "./pull.ts";
import {pushCommand} from "./push.ts";
import {renderCommand} from "./render.ts";
import type {Terminal} from "./terminal.ts";
import {uninstallCommand} from "./uninstall.ts";
import {upgradeCommand} from "./upgrade.ts";
import {validateCommand} from "./validate.ts";
import {verifyCommand} from "./verify.ts";
import {versionsCommand} from "./versions.ts";

const verbs = [
  playgroundCommand,
  validateCommand,
  renderCommand,
  installCommand,
  initCommand,
  checkCommand,
  applyCommand,
  diffCommand,
  deleteCommand,
  upgradeCommand,
  uninstallCommand,
  buildCommand,
  imageCommand,
  pushCommand,
  pullCommand,
  verifyCommand,
  versionsCommand,
  importCommand,
];

const examples = `
Examples:
  meshlane playground
  meshlane validate -f shop.yaml
  meshlane render -f shop.yaml -f playground.yaml --target envoy --output-dir out
  meshlane install --registry registry.example.com/mesh
  meshlane apply -f shop.yaml --wait`;

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
    if (!isMessage(error)) throw error;
    terminal.stderr.write(`meshlane: ${error.message}\n`);
    return error instanceof UsageError ? exitCode.usage : exitCode.problems;
  }
}

/**
 * An error whose message is all that a user needs: one that we made, or one of the machine's, such as a folder that may not
 * be written. Errors of other classes are defects, and show their stack.
 */
function isMessage(error: unknown): error is Error {
  return (
    error instanceof Error &&
    (error.constructor === Error || error instanceof UsageError || error instanceof ClusterError || "syscall" in error)
  );
}

function build(terminal: Terminal, exit: (code: number) => void): Command {
  const program = new Command("meshlane")
    .description("Swim lanes for Istio and Envoy")
    .version(version(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .usage("VERB [options]")
    .addHelpText("after", examples);
  for (const verb of verbs) program.addCommand(verb(terminal, exit));
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
