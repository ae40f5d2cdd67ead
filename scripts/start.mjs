import {at} from "./lib/place.mjs";
import {main, setUp} from "./setup.mjs";

await main(() => setUp());
if (process.exitCode === undefined) {
  const program = at("dist", "cli", "main.js");
  process.argv = [process.argv[0], program, "playground", ...process.argv.slice(2)];
  await import(program);
}
