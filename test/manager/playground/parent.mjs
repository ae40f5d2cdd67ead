// A playground in small: starts the commands given as JSON, prints what it started, and ends as it is told on stdin.
const {Processes} = await import("../../../dist/playground/processes/processes.js");
const processes = await Processes.start();
const children = [];
for (const [i, script] of JSON.parse(process.argv[2]).entries()) {
  let printed;
  const ready = new Promise((resolve) => (printed = resolve));
  children.push(await processes.spawn(`child ${i}`, "/bin/sh", ["-c", script], {onLine: printed}));
  await ready;
}
process.stdout.write(`${JSON.stringify({folder: processes.folder, pids: children.map(({pid}) => pid)})}\n`);
process.stdin.on("data", async (chunk) => {
  const order = chunk.toString().trim();
  if (order === "throw") throw new Error("thrown as told");
  if (order === "stop") await processes.stop();
  if (order === "stop") process.exit(0);
});
