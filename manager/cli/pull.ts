import {Command, Option} from "commander";
import {fetchArtifact, formatReference, type Reference, titledFiles} from "../image/index.ts";
import {exitCode} from "./exit.ts";
import {outputOption} from "./options.ts";
import {type Form, printData} from "./print.ts";
import {plainHttpOption} from "./plain-http.ts";
import {referenceArgument} from "./registry-options.ts";
import {progressOn, type Terminal} from "./terminal.ts";
import {writeFiles} from "./write-files.ts";

interface PullOptions {
  outputDir: string;
  plainHttp: boolean;
  output?: Form;
}

const examples = `
Examples:
  meshlane pull oci://registry.example.com/lanes/shop:v1
  meshlane pull oci://registry.example.com/mesh/inbound@sha256:... --output-dir modules

Digests are compared with what comes. A file that is there with other content stays, and is named.
Prints the files. Exit codes: 0 pulled, 1 it is not there, not what its digest says, or in the way, 2 the command itself is wrong.`;

export function pullCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("pull")
    .description("get lane files or a module from a registry")
    .argument("<reference>", "oci://HOST/NAME:TAG or oci://HOST/NAME@DIGEST", referenceArgument)
    .addOption(new Option("--output-dir <folder>", "write the files into this folder").default("."))
    .addOption(plainHttpOption())
    .addOption(outputOption("print what came in this form"))
    .addHelpText("after", examples)
    .action(async (reference: Reference, {outputDir, plainHttp, output}: PullOptions) => {
      const fetched = await fetchArtifact(reference, {plainHttp});
      const pulled = formatReference({...reference, digest: fetched.digest});
      progressOn(terminal)(`pulled ${pulled}`);
      const files = await writeFiles(outputDir, titledFiles(fetched));
      const lines = () => files.map((file) => `${file}\n`).join("");
      const data = {reference: pulled, digest: fetched.digest, files};
      terminal.stdout.write(output === undefined ? lines() : printData(data, output));
      exit(exitCode.ok);
    });
}
