import {Command, Option} from "commander";
import type {MeshModule} from "../compile/module.ts";
import {ownImages, writeLayout} from "../image/index.ts";
import {exitCode} from "./exit.ts";
import {outputOption} from "./options.ts";
import {type Form, printColumns, printData} from "./print.ts";
import {moduleOption} from "./registry-options.ts";
import type {Terminal} from "./terminal.ts";

interface ImageOptions {
  outputDir: string;
  module?: MeshModule[];
  output?: Form;
}

const examples = `
Examples:
  meshlane image --output-dir layout                     all modules, as inbound-VERSION and so on
  meshlane image --output-dir layout --module inbound    one, for: crane push layout registry.example.com/mesh/inbound:0.1.0
  meshlane verify layout

The same modules give the same files. meshlane push sends them to a registry without a layout.`;

export function imageCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("image")
    .description("write the modules as OCI images into a folder, an OCI image layout")
    .addOption(new Option("--output-dir <folder>", "the layout's folder").makeOptionMandatory())
    .addOption(moduleOption())
    .addOption(outputOption("print what was written in this form"))
    .addHelpText("after", examples)
    .action(async ({outputDir, module, output}: ImageOptions) => {
      const images = new Map((await ownImages(module)).map((own) => [`${own.module}-${own.version}`, own]));
      await writeLayout(outputDir, new Map([...images].map(([name, {image}]) => [name, image])));
      const written = [...images].map(([name, {version, digest, ...own}]) => ({
        name,
        module: own.module,
        version,
        digest,
      }));
      const lines = () => printColumns(written.map(({name, digest}) => [name, digest]));
      terminal.stdout.write(output === undefined ? lines() : printData(written, output));
      exit(exitCode.ok);
    });
}
