import {execFile} from "node:child_process";

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Written to its standard input. */
  input?: string;
  timeoutMs?: number;
}

/** Runs a command to its end. @returns what it printed on standard output. Rejects with its last words otherwise. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const {cwd, env, input, timeoutMs = 60_000} = options;
  return new Promise((resolve, reject) => {
    const settings = {cwd, env: {...process.env, ...env}, timeout: timeoutMs, maxBuffer: 1 << 27};
    const child = execFile(command, args, settings, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const words = stderr.trim() || stdout.trim() || error.message;
      reject(new Error(`${command} ${args.join(" ")}: ${words}`, {cause: error}));
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(input ?? "");
  });
}
