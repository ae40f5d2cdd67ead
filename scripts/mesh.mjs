import {spawn} from "node:child_process";
import {createInterface} from "node:readline";
import {at} from "./lib/place.mjs";
import {say} from "./lib/run.mjs";
import {main, setUp} from "./setup.mjs";

await main(async () => {
  await setUp();
  const args = ["--import", at("test", "mesh", "load-typescript.mjs"), at("test", "mesh", "main.ts"), "--shop"];
  const child = spawn(process.execPath, args, {stdio: ["ignore", "pipe", "inherit"]});
  // Ctrl-C reaches the mesh too, which then ends; this waits for it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
  createInterface({input: child.stdout}).once("line", (line) => tell(JSON.parse(line)));
  process.exitCode = await new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
});

function tell({kubeconfig, registry, port, logs}) {
  process.stdout.write(`
export KUBECONFIG=${kubeconfig}
registry: ${registry} (plain HTTP)
logs:     ${logs}

curl -s http://shop.localhost:${port}/
curl -s http://ann.shop.localhost:${port}/
`);
  say("\nThe mesh runs until Ctrl-C.");
}
