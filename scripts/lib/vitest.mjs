import {mkdtempSync, readFileSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {at} from "./place.mjs";
import {run, say} from "./run.mjs";

/** Runs vitest, which shows itself on standard error, and resolves to how many tests passed and failed. */
export async function runVitest(args) {
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
