import {runVitest} from "./lib/vitest.mjs";
import {main, setUp} from "./setup.mjs";

const ENVOYS = ["1.40.0", "1.37.0"];

let counts = {passed: 0, failed: 1};
await main(async () => {
  await setUp();
  await fetchEnvoys();
  counts = await runVitest(process.argv.slice(2));
});
if (counts.failed > 0) process.exitCode ||= 1;
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);

async function fetchEnvoys() {
  const {findEnvoy} = await import("../dist/playground/envoy/binary.js");
  const {progressLine} = await import("../dist/playground/progress-line.js");
  const progress = progressLine(process.stderr);
  try {
    for (const version of ENVOYS) await findEnvoy({version, onProgress: (line) => progress.show(line)});
  } finally {
    progress.end();
  }
}
