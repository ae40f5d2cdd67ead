import {Command, Option} from "commander";
import {type BuiltFile, buildModules} from "../image/index.ts";
import {exitCode} from "./exit.ts";
import {outputOption} from "./options.ts";
import {type Form, printColumns, printData} from "./print.ts";
import type {Terminal} from "./terminal.ts";

interface BuildOptions {
  outputDir?: string;
  output?: Form;
}

const examples = `
Examples:
  meshlane build                        compile the filter into filter/build
  meshlane build --output-dir out       into another folder: the same sources give the same bytes

In a checkout the filter is compiled; an installed package copies the modules that it comes with.
Prints of each module its file, its size and the digest of the image that it makes.`;

export function buildCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("build")
    .description("build the filter's modules")
    .addOption(new Option("--output-dir <folder>", "write the modules into this folder"))
    .addOption(outputOption("print what was built in this form"))
    .addHelpText("after", examples)
    .action(async ({outputDir, output}: BuildOptions) => {
      const built = await buildModules(outputDir);
      terminal.stdout.write(output === undefined ? lines(built) : printData(built, output));
      exit(exitCode.ok);
    });
}

function lines(built: BuiltFile[]): string {
  return printColumns(built.map(({module, file, bytes, digest}) => [module, file, `${bytes} bytes`, digest]));
}
