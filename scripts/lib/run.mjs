import {spawn} from "node:child_process";
import {top} from "./place.mjs";

/** Lines of set-up go to standard error: standard output is the program's. */
export const say = (line) => void process.stderr.write(`${line}\n`);

/**
 * Runs a command in the top folder and resolves to {code, output}, both streams in one. With `show` both go to
 * standard error as they come and `output` is empty. A code of 127 says that there is no such command.
 */
export function run(command, args, {show = false, env = {}} = {}) {
  return new Promise((resolve) => {
    const stdio = show ? ["inherit", 2, 2] : ["ignore", "pipe", "pipe"];
    const child = spawn(command, args, {cwd: top, env: {...process.env, ...env}, stdio});
    const output = [];
    child.stdout?.on("data", (chunk) => output.push(chunk));
    child.stderr?.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => resolve({code: 127, output: `${error.message}\n`}));
    child.on("close", (code, signal) =>
      resolve({code: signal === null ? code : 1, output: Buffer.concat(output).toString()}),
    );
  });
}

/** Runs a step of the set-up: a line when it begins, a line when it has ended, its output only when it failed. */
export async function step(what, command, args) {
  const began = performance.now();
  say(`${what} ...`);
  const {code, output} = await run(command, args);
  if (code !== 0) throw new Error(`${what} failed (${[command, ...args].join(" ")}):\n${output.trimEnd()}`);
  say(`${what}: done in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
