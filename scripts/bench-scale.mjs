import {spawn} from "node:child_process";
import {at, top} from "./lib/place.mjs";
import {say} from "./lib/run.mjs";
import {lackingForMesh} from "./lib/mesh-needs.mjs";
import {main, setUp} from "./setup.mjs";

const lacking = await lackingForMesh();
if (lacking === undefined) {
  await main(async () => {
    await setUp();
    const program = [at("test", "mesh", "load-typescript.mjs"), at("bench", "scale", "main.ts")];
    const args = ["--import", ...program, ...process.argv.slice(2)];
    const child = spawn(process.execPath, args, {cwd: top, stdio: "inherit"});
    process.exitCode = await new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  });
} else {
  say(`nothing is measured: ${lacking}`);
  process.exitCode = 1;
}
