import {Command, CommanderError} from "commander";
import {ClusterError} from "../cluster/failure.ts";
import {ownVersion} from "../controller/own-version.ts";
import {exitCode, UsageError} from "./exit.ts";
import type {Terminal} from "./terminal.ts";

type Verb = (terminal: Terminal, exit: (code: number) => void) => Command;

/** In the order of the help. A verb is loaded when it is asked for: a command line has no time to load what it does not do. */
const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  playground: async () => (await import("./playground.ts")).playgroundCommand,
  validate: async () => (await import("./validate.ts")).validateCommand,
  render: async () => (await import("./render.ts")).renderCommand,
  install: async () => (await import("./install.ts")).installCommand,
  init: async () => (await import("./init.ts")).initCommand,
  check: async () => (await import("./check.ts")).checkCommand,
  apply: async () => (await import("./apply.ts")).applyCommand,
  diff: async () => (await import("./diff.ts")).diffCommand,
  delete: async () => (await import("./delete.ts")).deleteCommand,
  upgrade: async () => (await import("./upgrade.ts")).upgradeCommand,
  uninstall: async () => (await import("./uninstall.ts")).uninstallCommand,
  build: async () => (await import("./build.ts")).buildCommand,
  image: async () => (await import("./image.ts")).imageCommand,
  push: async () => (await import("./push.ts")).pushCommand,
  pull: async () => (await import("./pull.ts")).pullCommand,
  verify: async () => (await import("./verify.ts")).verifyCommand,
  versions: async () => (await import("./versions.ts")).versionsCommand,
  import: async () => (await import("./import.ts")).importCommand,
};

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
  const program = await build(args[0], terminal, (given) => {
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

/** @param asked the verb; where it is none of ours, all are there, to be listed or suggested */
async function build(asked: string | undefined, terminal: Terminal, exit: (code: number) => void): Promise<Command> {
  const program = new Command("meshlane")
    .description("Swim lanes for Istio and Envoy")
    .version(ownVersion(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .usage("VERB [options]")
    .addHelpText("after", examples);
  const wanted = asked !== undefined && Object.hasOwn(verbs, asked) ? [verbs[asked]!] : Object.values(verbs);
  for (const verb of await Promise.all(wanted.map((load) => load()))) program.addCommand(verb(terminal, exit));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text.replace(/^error: /, "meshlane: ")),
    });
  }
  return program;
}
