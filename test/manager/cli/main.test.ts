import {execFile, spawn} from "node:child_process";
import {once} from "node:events";
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {promisify} from "node:util";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {settingsObject} from "../../../manager/controller/settings.ts";
import {FakeCluster, istioKinds, ourKinds} from "../cluster/fake-cluster.ts";
import {lane, settings, shop} from "../controller/check/inspections.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const build = join(root, "scripts/build-manager.mjs");
const samples = join(root, "deploy/samples");
let folder: string;

// The program as it is shipped, so a process of its own: below the project, where its packages are found.
beforeAll(async () => {
  mkdirSync(join(root, ".cache"), {recursive: true});
  folder = mkdtempSync(join(root, ".cache/cli-"));
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  await promisify(execFile)(process.execPath, [build, "--output-dir", join(folder, "dist")]);
});
afterAll(() => rmSync(folder, {recursive: true}));

function start(...args: string[]) {
  return spawn(process.execPath, [join(folder, "dist/cli/main.js"), ...args], {stdio: "pipe"});
}

describe("the process", () => {
  test.each([
    [0, ["validate", "-f", samples]],
    [1, ["validate", "-f", join(root, "deploy/invalid/ttl.yaml")]],
    [2, ["validate"]],
  ])("exits with %i for %j", async (expected, args) => {
    const [code] = (await once(start(...args), "exit")) as [number];
    expect(code).toBe(expected);
  });

  test("reads standard input", async () => {
    const child = start("validate", "-f", "-");
    child.stdin.end(readFileSync(join(samples, "shop.yaml")));
    const chunks = await child.stdout.setEncoding("utf8").toArray();
    expect(chunks.join("")).toBe("valid: 1 group, 5 lanes\n");
  });

  test("a reader that goes away ends it quietly", async () => {
    const child = start("validate", "-f", samples, "-o", "yaml");
    child.stdout.destroy();
    const said = child.stderr.setEncoding("utf8").toArray();
    const [code] = (await once(child, "exit")) as [number];
    expect({code, said: (await said).join("")}).toEqual({code: 0, said: ""});
  });

  test("a reader that goes away does not stop what changes a cluster", async () => {
    const installed = settingsObject({...settings, nativeSupported: false});
    const cluster = await FakeCluster.start([...shop, installed], [...ourKinds, ...istioKinds]);
    const run = async (...args: string[]) => {
      const child = start(...args, "--settle", "0s", ...(await cluster.flags()));
      child.stdout.once("data", () => child.stdout.destroy());
      child.stdin.end(JSON.stringify(lane()));
      const [code] = (await once(child, "exit")) as [number];
      expect(code).toBe(0);
      return cluster.objects.filter(({kind}) => kind === "VirtualService").length;
    };
    expect(await run("apply", "-f", "-")).toBe(1);
    expect(await run("delete", "-f", "-")).toBe(0);
  });
});
