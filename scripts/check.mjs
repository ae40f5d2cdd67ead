import {contentHash} from "./lib/fresh.mjs";
import {at} from "./lib/place.mjs";
import {run} from "./lib/run.mjs";
import {main, setUp} from "./setup.mjs";

const GENERATED = ["deploy"];

const CHECKS = {
  types: () => tool("tsc", "-p", "tsconfig.json"),
  lint: () => tool("oxlint", "--type-aware", "--deny-warnings"),
  format: () => tool("prettier", "--check", "."),
  "unused code": () => tool("knip"),
  imports: () => tool("vitest", "run", "test/manager/imports.test.ts"),
  "generated files": generated,
};

await main(async () => {
  await setUp();
  for (const [what, check] of Object.entries(CHECKS)) {
    const {code, output} = await check();
    process.stdout.write(`${code === 0 ? "ok    " : "FAILED"} ${what}\n`);
    if (code === 0) continue;
    process.stdout.write(output);
    process.exitCode = 1;
  }
});

function tool(name, ...args) {
  return run(at("node_modules", ".bin", name), args);
}

/** Generates anew and looks whether that changed anything. */
async function generated() {
  const before = contentHash(GENERATED);
  const result = await run(process.execPath, [at("scripts", "generate.mjs")]);
  if (result.code !== 0 || contentHash(GENERATED) === before) return result;
  return {
    code: 1,
    output: `Files in ${GENERATED.join(", ")} were out of date. They are written anew now: commit them.\n`,
  };
}
