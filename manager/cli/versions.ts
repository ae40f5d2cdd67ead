import {Command} from "commander";
import {moduleVersions, type ModuleVersion} from "../image/index.ts";
import {exitCode} from "./exit.ts";
import {outputOption} from "./options.ts";
import {type Form, printColumns, printData} from "./print.ts";
import {plainHttpOption} from "./plain-http.ts";
import {registryOption} from "./registry-options.ts";
import type {Terminal} from "./terminal.ts";

interface VersionsOptions {
  registry?: string;
  plainHttp: boolean;
  output?: Form;
}

const examples = `
Examples:
  meshlane versions                                        what this meshlane comes with
  meshlane versions --registry registry.example.com/mesh   and what the registry has`;

export function versionsCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("versions")
    .description("list the versions of the filter's modules, with the digests of their images")
    .addOption(registryOption("list what lies below this place"))
    .addOption(plainHttpOption())
    .addOption(outputOption("print the versions in this form"))
    .addHelpText("after", examples)
    .action(async ({registry, plainHttp, output}: VersionsOptions) => {
      const versions = await moduleVersions(registry, {plainHttp});
      terminal.stdout.write(output === undefined ? lines(versions, registry) : printData(versions, output));
      exit(exitCode.ok);
    });
}

function lines(versions: ModuleVersion[], registry: string | undefined): string {
  const rows = versions.map((one) => [one.version, one.module, one.digest, registry === undefined ? "" : note(one)]);
  return printColumns([["VERSION", "MODULE", "DIGEST", ""], ...rows]);
}

function note({own, there}: ModuleVersion): string {
  if (!own) return "";
  return there ? "this meshlane's" : "this meshlane's, not in the registry";
}
