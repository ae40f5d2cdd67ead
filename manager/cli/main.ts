#!/usr/bin/env node
import process from "node:process";
import {run} from "./program.ts";

const args = process.argv.slice(2);

// A reader that went away (`meshlane apply ... | head -1`) is no failure of ours: what is begun is finished, but for what has no end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (args[0] === "playground") process.exit();
  });
}

process.exitCode = await run(args, process);
