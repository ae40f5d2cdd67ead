import {readFile} from "node:fs/promises";
import {Command} from "commander";
import {
  type Check,
  fetchArtifact,
  type Fetched,
  isLayout,
  isReference,
  printable,
  readLayout,
  verifyArtifact,
  verifyModule,
  withoutCredentials,
} from "../image/index.ts";
import {exitCode, UsageError} from "./exit.ts";
import {outputOption} from "./options.ts";
import {type Form, printColumns, printData} from "./print.ts";
import {plainHttpOption} from "./plain-http.ts";
import {referenceArgument} from "./registry-options.ts";
import type {Terminal} from "./terminal.ts";

interface VerifyOptions {
  plainHttp: boolean;
  output?: Form;
}

/** A check and what was checked. */
type Finding = Check & {readonly subject: string};

const examples = `
Examples:
  meshlane verify oci://registry.example.com/mesh/inbound@sha256:...
  meshlane verify filter/build/edge.wasm      a module by itself
  meshlane verify layout                      what meshlane image has written
  meshlane verify oci://registry.example.com/lanes/shop:v1

Exit codes: 0 all is well, 1 something is not, 2 the command itself is wrong.`;

export function verifyCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("verify")
    .description("check a module or lane files before they are used: digest, form, imports, exports, size")
    .argument("<what>", "oci:// reference, .wasm file, or folder with an OCI layout")
    .addOption(plainHttpOption())
    .addOption(outputOption("print the checks in this form"))
    .addHelpText("after", examples)
    .action(async (what: string, options: VerifyOptions) => {
      const findings = await verify(what, options);
      const {output} = options;
      terminal.stdout.write(output === undefined ? lines(findings) : printData(findings, output));
      exit(findings.every(({ok}) => ok) ? exitCode.ok : exitCode.problems);
    });
}

async function verify(what: string, {plainHttp}: VerifyOptions): Promise<Finding[]> {
  if (isReference(what)) {
    return findings(what, verifyArtifact(await fetchArtifact(referenceArgument(what), {plainHttp})));
  }
  if (!(await isLayout(what))) return findings(what, verifyModule(await readModule(what)));
  const images: [string, Fetched][] = [...(await readLayout(what))];
  return images.flatMap(([name, fetched]) => findings(name, verifyArtifact(fetched)));
}

function findings(subject: string, checks: Check[]): Finding[] {
  return checks.map((check) => ({subject, ...check}));
}

async function readModule(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: "there is no such file. A reference begins with oci://",
      EISDIR: "it is a folder without an OCI layout",
    };
    throw new UsageError(
      `cannot read ${withoutCredentials(file)}: ${(code !== undefined && reasons[code]) || message}`,
      {cause: error},
    );
  }
}

function lines(all: Finding[]): string {
  const several = new Set(all.map(({subject}) => subject)).size > 1;
  return printColumns(
    all.map(({subject, check, ok, detail, hint}) => [
      ok ? "ok" : "FAILED",
      ...(several ? [subject] : []),
      check,
      printable(hint === undefined ? detail : `${detail}. ${hint}`),
    ]),
  );
}
