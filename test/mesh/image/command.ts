import {run as runMeshlane} from "../../../manager/cli/program.ts";

/** Runs a command line of meshlane in this process. @returns standard output; rejects with standard error where it fails. */
export async function meshlane(...args: string[]): Promise<string> {
  const printed = {stdout: "", stderr: ""};
  const stream = (name: "stdout" | "stderr") => ({write: (text: string) => (printed[name] += text)});
  const stdin = (async function* () {})();
  const code = await runMeshlane(args, {stdin, stdout: stream("stdout"), stderr: stream("stderr")});
  if (code === 0) return printed.stdout;
  throw new Error(`meshlane ${args.join(" ")} ended with ${code}: ${printed.stderr}${printed.stdout}`);
}
