import {at} from "./lib/place.mjs";
import {run} from "./lib/run.mjs";
import {main, setUp} from "./setup.mjs";

const bin = (name, ...args) => [at("node_modules", ".bin", name), args];

const CHECKS = {
  types: bin("tsc", "-p", "tsconfig.json"),
  lint: bin("oxlint", "--type-aware", "--deny-warnings"),
  format: bin("prettier", "--check", "."),
  "unused code": bin("knip"),
  "generated files": [process.execPath, [at("scripts", "generate.mjs"), "--check"]],
};

await main(async () => {
  await setUp();
  for (const [what, [command, args]] of Object.entries(CHECKS)) {
    const {code, output} = await run(command, args);
    process.stdout.write(`${code === 0 ? "ok    " : "FAILED"} ${what}\n`);
    if (code === 0) continue;
    process.stdout.write(output);
    process.exitCode = 1;
  }
});
