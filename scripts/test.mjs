import {mkdtempSync, readFileSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {at} from "./lib/place.mjs";
import {run, say} from "./lib/run.mjs";
import {main, setUp} from "./setup.mjs";

const ENVOYS = ["1.40.0", "1.37.0"];

let counts = {passed: 0, failed: 1};
await main(async () => {
  await setUp();
  await fetchEnvoys();
  counts = await runTests(process.argv.slice(2));
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

async function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), "meshlane-tests-"));
  const report = join(folder, "report.json");
  const vitest = at("node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const {code} = await run(process.execPath, [vitest, "run", ...reporters, ...args], {show: true});
    process.exitCode = code;
    return count(report, code);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** A run that failed without a failing test (a file that does not load, an error beside the tests) counts as one. */
function count(report, code) {
  try {
    const {numPassedTests: passed, numFailedTests} = JSON.parse(readFileSync(report, "utf8"));
    return {passed, failed: code === 0 ? numFailedTests : Math.max(1, numFailedTests)};
  } catch (error) {
    say(`no report of the tests: ${error.message}`);
    return {passed: 0, failed: 1};
  }
}
