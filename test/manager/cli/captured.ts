import {run} from "../../../manager/cli/program.ts";

/** Runs a command line in this process and keeps what it printed. */
export async function meshlane(args: string[], input = "", isTTY = false) {
  const printed = {stdout: "", stderr: ""};
  const stream = (name: "stdout" | "stderr") => ({isTTY, write: (text: string) => (printed[name] += text)});
  const stdin = (async function* () {
    yield input;
  })();
  const code = await run(args, {stdin, stdout: stream("stdout"), stderr: stream("stderr")});
  return {code, ...printed};
}
