import {spawn} from "node:child_process";
import {once} from "node:events";
import {join} from "node:path";
import {expect, onTestFinished, test} from "vitest";
import {run} from "../run.ts";

const top = join(import.meta.dirname, "..", "..", "..");

test("what npm run mesh prints can be pasted: it installs, applies, shows the lanes, and leaves the cluster as it was", async () => {
  const mesh = spawn(process.execPath, [join(top, "scripts", "mesh.mjs")], {stdio: ["ignore", "pipe", "inherit"]});
  const ended = once(mesh, "exit");
  onTestFinished(async () => {
    mesh.kill("SIGTERM");
    await ended;
  });
  const printed = await linesUntil(mesh.stdout, "meshlane uninstall");
  const lines = printed.filter((line) => /^(export|alias|meshlane|curl) /.test(line));
  expect(lines.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
    expect.stringMatching(/^export KUBECONFIG=/),
    expect.stringMatching(/^export MESHLANE_REGISTRY=/),
    expect.stringMatching(/^alias meshlane=/),
    "meshlane install",
    "meshlane apply",
    "curl -s",
    "curl -s",
    "meshlane check",
    "meshlane uninstall",
  ]);
  const objects = "kubectl get crds,namespaces,clusterroles,virtualservices,envoyfilters,wasmplugins -A -o name";
  const [before, , said, after] = (
    await pasted([
      ...lines.slice(0, 3),
      objects,
      "echo ----",
      ...lines.slice(3, 5),
      "echo ----",
      ...lines.slice(5, 8),
      lines[8]!.replace(/$/, " > /dev/null"),
      "echo ----",
      objects,
    ])
  ).split("----\n");
  expect(said).toContain('"workload": "cart-v1"');
  expect(said).toContain('"workload": "cart--ann"');
  // An Istio that is built from its module does not know its version.
  const complaints = said!.split("\n").filter((line) => /^(failed|warning)/.test(line));
  expect(complaints).toEqual([expect.stringMatching(/^warning +versions +istiod does not tell its version/)]);
  expect(after).toBe(before);
});

/** What a shell prints that gets these lines; the first that fails ends it. */
async function pasted(lines: readonly string[]): Promise<string> {
  const script = ["set -e", "shopt -s expand_aliases", ...lines].join("\n");
  return run("bash", ["-c", script]);
}

async function linesUntil(stream: NodeJS.ReadableStream, last: string): Promise<string[]> {
  let printed = "";
  for await (const chunk of stream) {
    printed += String(chunk);
    if (printed.includes(`\n${last}\n`)) break;
  }
  return printed.split("\n");
}
