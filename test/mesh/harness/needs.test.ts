import {spawnSync} from "node:child_process";
import {mkdtempSync, rmSync, symlinkSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {expect, onTestFinished, test} from "vitest";

const SCRIPT = join(import.meta.dirname, "..", "..", "..", "scripts", "test-mesh.mjs");

/** `npm run test:mesh` where nothing but Node is on PATH. */
function runWithoutGo(env: Record<string, string>): {status: number | null; stdout: string; stderr: string} {
  const folder = mkdtempSync(join(tmpdir(), "meshlane-path-"));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  symlinkSync(process.execPath, join(folder, "node"));
  const {status, stdout, stderr} = spawnSync(process.execPath, [SCRIPT], {
    env: {PATH: folder, ...env},
    encoding: "utf8",
  });
  return {status, stdout, stderr};
}

test("Without what the mesh needs, one line says why, and no test counts", () => {
  const {status, stdout, stderr} = runWithoutGo({});
  expect(stderr).toBe("the mesh is not tested: it needs Go 1.26 or newer, and there is no go on PATH\n");
  expect({status, stdout}).toEqual({status: 0, stdout: "0 passed, 0 failed\n"});
});

test("In continuous integration a missing tool is a failure", () => {
  const {status, stdout} = runWithoutGo({CI: "true"});
  expect({status, stdout}).toEqual({status: 1, stdout: "0 passed, 1 failed\n"});
});
