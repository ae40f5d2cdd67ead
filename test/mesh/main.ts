/**
 * The mesh under test in a process of its own. Prints its note as one line of JSON on standard output when it runs, and
 * ends on Ctrl-C, on TERM, and when standard input ends if it is called with `--attached`. With `--shop` the sample shop
 * is in it, and the note has the local `port` of its gateway. `--every-line`: no line of progress is left out.
 */
import {progressLine} from "../../manager/playground/progress-line.ts";
import {startMesh} from "./mesh.ts";
import {startSampleShop} from "./shop/sample.ts";

const line = process.argv.includes("--every-line") ? everyLine() : progressLine(process.stderr);
const ending = new AbortController();
const ended = new Promise<void>((resolve) => {
  const end = (): void => {
    ending.abort(new Error("ended before it ran"));
    resolve();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  if (process.argv.includes("--attached")) process.stdin.resume().on("close", end);
});
try {
  const say = (text: string): void => {
    line.end();
    process.stderr.write(`${text}\n`);
  };
  const mesh = await startMesh({say, progress: (text) => line.show(text), signal: ending.signal});
  const shop = process.argv.includes("--shop") ? startSampleShop(mesh, (text) => line.show(text)) : undefined;
  const port = await Promise.race([shop, ended]);
  line.end();
  if (!ending.signal.aborted) process.stdout.write(`${JSON.stringify({...mesh.note, port})}\n`);
  await ended;
  await mesh.stop();
  process.exit(0);
} catch (error) {
  line.end();
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}

/** Progress for who waits for a certain moment of the start. */
function everyLine(): ReturnType<typeof progressLine> {
  return {show: (text) => void process.stderr.write(`${text}\n`), end: () => {}};
}
