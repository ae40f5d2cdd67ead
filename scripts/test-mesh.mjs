import {say} from "./lib/run.mjs";
import {runVitest} from "./lib/vitest.mjs";
import {main, setUp} from "./setup.mjs";
import {lackingForMesh} from "./lib/mesh-needs.mjs";

let counts = {passed: 0, failed: 0};
const lacking = await lackingForMesh();
if (lacking === undefined) {
  counts = {passed: 0, failed: 1};
  await main(async () => {
    await setUp();
    counts = await runVitest(["--config", "vitest.mesh.config.ts", ...process.argv.slice(2)]);
  });
} else {
  say(`the mesh is not tested: ${lacking}`);
  if (process.env["CI"] === "true") counts.failed = 1;
}
if (counts.failed > 0) process.exitCode ||= 1;
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
