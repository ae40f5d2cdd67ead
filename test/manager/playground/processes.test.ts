import {type ChildProcess, spawn} from "node:child_process";
import {once} from "node:events";
import {existsSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {setTimeout as pause} from "node:timers/promises";
import {expect, test} from "vitest";
import {Processes} from "../../../manager/playground/processes/processes.ts";

/** Prints a line and stays; a second process of its own as well. */
const PAIR = "sleep 1000 & echo up; wait";
/** Stays in spite of TERM. */
const STUBBORN = "trap '' TERM; echo up; while :; do sleep 1000; done";

async function parentOf(scripts: string[]): Promise<{parent: ChildProcess; folder: string; pids: number[]}> {
  const program = join(import.meta.dirname, "parent.mjs");
  const parent = spawn(process.execPath, [program, JSON.stringify(scripts)], {stdio: ["pipe", "pipe", "ignore"]});
  const [line] = (await once(parent.stdout!, "data")) as [Buffer];
  const {folder, pids} = JSON.parse(line.toString()) as {folder: string; pids: number[]};
  expect(pids.map(runs)).toEqual(scripts.map(() => true));
  expect(existsSync(folder)).toBe(true);
  return {parent, folder, pids};
}

/** Zombies do not count: nobody may be there to collect them. */
function runs(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function soon(condition: () => boolean): Promise<boolean> {
  for (const end = performance.now() + 20_000; performance.now() < end; await pause(20)) if (condition()) return true;
  return condition();
}

const ends: [string, (parent: ChildProcess) => void][] = [
  ["Ctrl-C", (parent) => parent.kill("SIGINT")],
  ["TERM", (parent) => parent.kill("SIGTERM")],
  ["an uncaught error", (parent) => parent.stdin!.write("throw\n")],
  ["kill -9", (parent) => parent.kill("SIGKILL")],
  ["stop", (parent) => parent.stdin!.write("stop\n")],
];

test.each(ends)("every process and the folder are gone after %s", async (_, end) => {
  const {parent, folder, pids} = await parentOf([PAIR, "echo up; exec sleep 1000"]);
  end(parent);
  await once(parent, "exit");
  expect(await soon(() => !pids.some(runs) && !existsSync(folder))).toBe(true);
});

test("a process that ignores TERM is killed", async () => {
  const {parent, folder, pids} = await parentOf([STUBBORN]);
  parent.kill("SIGKILL");
  expect(await soon(() => !pids.some(runs) && !existsSync(folder))).toBe(true);
});

test("a process of another playground stays", async () => {
  const one = await parentOf(["echo up; exec sleep 1000"]);
  const other = await parentOf(["echo up; exec sleep 1000"]);
  one.parent.kill("SIGKILL");
  expect(await soon(() => !existsSync(one.folder))).toBe(true);
  expect(other.pids.map(runs)).toEqual([true]);
  other.parent.kill("SIGKILL");
  expect(await soon(() => !existsSync(other.folder))).toBe(true);
});

test("a child gives its lines, its exit code and its signal", async () => {
  const processes = await Processes.start();
  const lines: string[] = [];
  const onLine = (line: string, from: string) => lines.push(`${from}: ${line}`);
  const env = {GREETING: "hello"};
  const child = await processes.spawn("greeter", "/bin/sh", ["-c", "echo $GREETING; echo oh >&2; exit 3"], {
    env,
    onLine,
  });
  expect(await child.exited).toEqual({code: 3, signal: null});
  expect(await soon(() => lines.length === 2)).toBe(true);
  expect(lines.sort()).toEqual(["stderr: oh", "stdout: hello"]);
  const sleeper = await processes.spawn("sleeper", "sleep", ["1000"]);
  expect(await sleeper.stop()).toEqual({code: null, signal: "SIGTERM"});
  await processes.stop();
  expect(existsSync(processes.folder)).toBe(false);
  await expect(processes.spawn("late", "true", [])).rejects.toThrow("late: not started");
});

test("a child that ignores TERM is killed after its grace", async () => {
  const processes = await Processes.start();
  let up = () => {};
  const ready = new Promise<void>((resolve) => (up = resolve));
  const child = await processes.spawn("stubborn", "/bin/sh", ["-c", STUBBORN], {onLine: () => up()});
  await ready;
  expect(await child.stop(50)).toEqual({code: null, signal: "SIGKILL"});
  await processes.stop();
});

test("a command that is not there is an error that names it", async () => {
  const processes = await Processes.start();
  await expect(processes.spawn("cart", "/no/such/program", [])).rejects.toThrow("cart: cannot start /no/such/program");
  await processes.stop();
});
