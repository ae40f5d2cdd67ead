import {readdirSync, readFileSync, readlinkSync, statSync} from "node:fs";
import {join} from "node:path";
import {afterEach, expect, test} from "vitest";
import {freePorts} from "../../../manager/playground/free-ports.ts";
import {PlaygroundProcess} from "./rig/cli.ts";

const TINY = `
apiVersion: meshlane.dev/v1alpha1
kind: Playground
metadata: {name: tiny, namespace: tiny}
spec: {services: [{name: only}], edge: {port: PORT}}
`;

let process: PlaygroundProcess;
afterEach(() => process.remove());

test.each([
  ["SIGTERM", 0],
  ["SIGKILL", null],
] as const)("%s leaves no process and no folder behind", async (signal, code) => {
  const [port] = await freePorts(1);
  process = new PlaygroundProcess({"tiny.yaml": TINY.replace("PORT", String(port))});
  await process.start(["-f", "tiny.yaml"]);
  await process.line(/changes are taken at once/);
  expect(process.left).toMatchObject({folders: [expect.stringMatching(/^meshlane-/)]});
  expect(process.left.processes).toBeGreaterThan(4);
  process.kill(signal);
  expect((await process.output).code).toBe(code);
  expect(await process.gone(20_000)).toEqual({processes: 0, folders: []});
});

test("everything listens on loopback alone, and nobody else can read a key", async () => {
  const [port] = await freePorts(1);
  process = new PlaygroundProcess({"tiny.yaml": TINY.replace("PORT", String(port))});
  await process.start(["-f", "tiny.yaml"]);
  await process.line(/changes are taken at once/);
  const addresses = process.pids().flatMap(listening);
  expect(addresses.length).toBeGreaterThan(5);
  expect([...new Set(addresses)]).toEqual(["0100007F"]);
  const keys = readdirSync(process.folder, {recursive: true, withFileTypes: true}).filter(
    ({name}) => name === "key.pem",
  );
  expect(keys.map(({parentPath, name}) => statSync(join(parentPath, name)).mode & 0o777)).toEqual([0o600, 0o600]);
});

/** The addresses, in the kernel's hexadecimal form, that a process listens on. */
function listening(pid: number): string[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      } catch {
        return undefined;
      }
    }),
  );
  const tables = ["tcp", "tcp6"].map((table) => readFileSync(`/proc/${pid}/net/${table}`, "utf8"));
  return tables.flatMap((table) =>
    table.split("\n").flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      return state === "0A" && sockets.has(inode) ? [local!.split(":")[0]!] : [];
    }),
  );
}

test("Ctrl-C while it starts leaves nothing either", async () => {
  const [port] = await freePorts(1);
  process = new PlaygroundProcess({"tiny.yaml": TINY.replace("PORT", String(port))});
  await process.start(["-f", "tiny.yaml"]);
  await process.line(/starting the mesh/);
  process.kill("SIGINT");
  expect((await process.output).code).toBe(0);
  expect(await process.gone(20_000)).toEqual({processes: 0, folders: []});
});

test("an edit that is made while the mesh starts is taken", async () => {
  const [port] = await freePorts(1);
  const tiny = TINY.replace("PORT", String(port));
  process = new PlaygroundProcess({"tiny.yaml": tiny});
  await process.start(["-f", "tiny.yaml"]);
  await process.line(/starting the mesh/);
  process.write("tiny.yaml", tiny.replace("{name: only}", "{name: only}, {name: more}"));
  await process.line(/^taken in/);
  expect(process.pids("MESHLANE_WORKLOAD=more").length).toBe(1);
});
