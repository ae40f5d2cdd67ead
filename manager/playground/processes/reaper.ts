/**
 * Ends whatever the playground started once the playground is gone, however it went: `node reaper.js FOLDER MARK
 * [COMMAND...]`.
 *
 * Standard input is a pipe that only the playground holds, so its end is the playground's end. The processes to end
 * are those that carry MARK in their environment; then the COMMAND runs, and the playground's temporary FOLDER goes
 * last.
 */
import {spawnSync} from "node:child_process";
import {existsSync, rmSync} from "node:fs";
import {setTimeout as delay} from "node:timers/promises";
import {endMarked} from "./marked.ts";

const [folder, mark, command, ...args] = process.argv.slice(2);
if (folder === undefined || mark === undefined) {
  process.stderr.write("usage: reaper.js FOLDER MARK [COMMAND...]\n");
  process.exit(2);
}

// Only the end of the pipe counts: a signal to everybody must not end the one who cleans up.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

process.stdin.on("error", () => {});
process.stdin.resume();
await new Promise((resolve) => process.stdin.once("close", resolve));
await endMarked(mark, 2000);
if (command !== undefined) spawnSync(command, args, {stdio: "ignore"});
// The playground may still be writing a file as it learns that it ends.
for (let tries = 0; existsSync(folder) && tries < 50; tries++) {
  try {
    rmSync(folder, {recursive: true, force: true, maxRetries: 3});
  } catch {
    await delay(100);
  }
}
