#!/usr/bin/env node
import process from "node:process";
import {run} from "./program.ts";

// A reader that went away (`meshlane validate ... | head -1`) is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

process.exitCode = await run(process.argv.slice(2), process);
