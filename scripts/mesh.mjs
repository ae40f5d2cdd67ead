import {spawn} from "node:child_process";
import {createInterface} from "node:readline";
import {lackingForMesh} from "./lib/mesh-needs.mjs";
import {at} from "./lib/place.mjs";
import {say} from "./lib/run.mjs";
import {main, setUp} from "./setup.mjs";

await main(async () => {
  const lacking = await lackingForMesh();
  if (lacking !== undefined) throw new Error(`the mesh cannot run here: ${lacking}`);
  await setUp();
  const args = [
    "--import",
    at("test", "mesh", "load-typescript.mjs"),
    at("test", "mesh", "main.ts"),
    "--shop",
    "--attached",
  ];
  const child = spawn(process.execPath, args, {stdio: ["pipe", "pipe", "inherit"]});
  // Ctrl-C reaches the mesh too, which then ends; this waits for it. The mesh ends as well when its standard input does.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
  createInterface({input: child.stdout}).once("line", (line) => tell(JSON.parse(line)));
  process.exitCode = await new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
});

function tell({kubeconfig, registry, port, logs, programs}) {
  process.stdout.write(`
The sample shop runs in namespace shop. Its logs: ${logs}
In another terminal:

export KUBECONFIG=${kubeconfig}
export MESHLANE_REGISTRY=${registry}/mesh MESHLANE_PLAIN_HTTP=true
alias meshlane="node ${at("dist", "cli", "main.js")}" kubectl=${programs.kubectl} istioctl=${programs.istioctl}

meshlane install
meshlane apply -f ${at("deploy", "samples", "shop.yaml")} --wait
curl -s http://shop.localhost:${port}/
curl -s http://ann.shop.localhost:${port}/
meshlane check
meshlane uninstall
`);
  say("\nThe mesh runs until Ctrl-C.");
}
