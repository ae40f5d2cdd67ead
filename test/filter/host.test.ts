import {execFileSync} from "node:child_process";
import {copyFileSync, mkdtempSync, readFileSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {beforeAll, describe, expect, test} from "vitest";
import {AbiError} from "./abi-error.ts";
import {HeaderMap, type Header} from "./headers.ts";
import {Vm} from "./host.ts";
import {Process} from "./process.ts";

let guest: WebAssembly.Module;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "meshlane-host-"));
  const out = join(folder, "guest.wasm");
  const asc = fileURLToPath(new URL("../../node_modules/assemblyscript/bin/asc.js", import.meta.url));
  const source = join(folder, "guest.ts");
  copyFileSync(fileURLToPath(new URL("fixtures/guest.as", import.meta.url)), source);
  const flags = ["--runtime", "stub", "--use", "abort=", "--memoryBase", "4096", "-O"];
  execFileSync(process.execPath, [asc, source, "-o", out, ...flags], {cwd: folder});
  guest = new WebAssembly.Module(readFileSync(out));
  rmSync(folder, {recursive: true});
});

const word = (vm: Vm, at: number): number => Buffer.from(vm.guest.memory.buffer).readUInt32LE(at);
const status = (vm: Vm): number => word(vm, 28);
const value = (vm: Vm): string => vm.guest.read(word(vm, 16), word(vm, 20));
const headers: Header[] = [
  ["Seed-C", "one"],
  ["other", "x"],
  ["seed-c", "two"],
];

function run(mode: string, vm = new Vm(guest)): Vm {
  vm.configure(mode).request(headers);
  return vm;
}

describe("header maps", () => {
  test("a get returns the first of duplicates, whatever its case", () => {
    const vm = run("a");
    expect([status(vm), value(vm)]).toEqual([0, "one"]);
    expect(vm.counted()).toEqual({proxy_get_buffer_bytes: 1, proxy_get_header_map_value: 1});
  });

  test("pairs come in the serialisation of proxy-wasm", () => {
    const vm = run("b");
    const bytes = Buffer.from(value(vm), "latin1");
    expect(bytes).toEqual(new HeaderMap(headers).serialise());
    expect(bytes.readUInt32LE(0)).toBe(3);
    expect(bytes.subarray(28).toString("latin1")).toBe("seed-c\0one\0other\0x\0seed-c\0two\0");
  });

  test("a replace removes all of the name and sets one", () => {
    const vm = new Vm(guest);
    const stream = vm.configure("c").request(headers);
    expect(stream.requestHeaders.list()).toEqual([
      ["other", "x"],
      ["seed-c", "seed"],
    ]);
  });
});

describe("what a correct module never does fails the test", () => {
  test.each([
    ["a pointer out of range", "d", /pointer out of range/],
    ["a header map of a later phase", "e", /header map 2 is not there/],
    ["the configuration outside of configure", "f", /buffer 7 is not there/],
  ])("%s", (_name, mode, message) => {
    expect(() => run(mode)).toThrow(AbiError);
    expect(() => run(mode)).toThrow(message);
  });

  test("a trap", () => {
    expect(() => run("g")).toThrow(/unreachable/);
  });

  test("a missing export and an unknown import", () => {
    const empty = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    expect(() => new Vm(empty)).toThrow(/missing export memory/);
    // (module (import "env" "nope" (func)))
    const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 12, 1, 3, 0x65, 0x6e, 0x76];
    const unknown = new WebAssembly.Module(new Uint8Array([...bytes, 4, 0x6e, 0x6f, 0x70, 0x65, 0, 0]));
    expect(() => new Vm(unknown)).toThrow(/unknown import env.nope/);
  });
});

describe("contexts", () => {
  test("an effective context that does not exist is a bad argument", () => {
    const vm = new Vm(guest);
    const root = vm.configure("h");
    const choose = (id: number): number => {
      Buffer.from(vm.guest.memory.buffer).writeUInt32LE(id, 32);
      root.request(headers).end();
      return status(vm);
    };
    expect([choose(root.id), choose(999)]).toEqual([0, 2]);
  });

  test("ids are never used twice and a removed root lives until its last stream has ended", () => {
    const vm = new Vm(guest);
    const old = vm.configure("a");
    const stream = old.request(headers);
    old.remove();
    const next = vm.configure("a");
    expect(next.id).toBe(3);
    expect(vm.context(old.id)).toBe(old);
    stream.end();
    expect(vm.context(old.id)).toBeUndefined();
    expect(() => old.request(headers)).toThrow(/removed/);
  });

  test("a refused configuration is told", () => {
    expect(new Vm(guest).configure("!").accepted).toBe(false);
  });
});

describe("shared data", () => {
  test("workers of one process share it, and cas refuses a write in between", () => {
    const process = new Process();
    const [one, two] = [new Vm(guest, process), new Vm(guest, process)];
    expect(status(run("j", one))).toBe(1);
    expect(status(run("i", two))).toBe(0);
    expect([status(run("j", one)), value(one)]).toEqual([0, "seed"]);
    run("i", two);
    expect(status(run("i", one))).toBe(8);
  });
});

describe("failures on demand", () => {
  test("a call returns the status that the test put in its place", () => {
    const vm = new Vm(guest);
    vm.faults.set("proxy_get_header_map_value", (nth) => (nth === 2 ? 10 : undefined));
    const root = vm.configure("a");
    root.request(headers);
    expect(status(vm)).toBe(0);
    root.request(headers);
    expect(status(vm)).toBe(10);
  });

  test("an allocator without room gives an invalid memory access", () => {
    expect(status(run("0"))).toBe(6);
  });
});
