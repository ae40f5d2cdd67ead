import {spawn} from "node:child_process";
import {mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {basename, join} from "node:path";
import {afterAll, beforeAll, expect, test} from "vitest";
import {parseAllDocuments} from "yaml";
import {Admin, until} from "../../../manager/playground/envoy/admin.ts";
import {findEnvoy} from "../../../manager/playground/envoy/binary.ts";
import {meshlane} from "./captured.ts";
import {broken, playground, shop} from "./samples.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "meshlane-cli-"));
});
afterAll(() => rm(folder, {recursive: true}));

async function lanes(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const file of [shop, playground]) await writeFile(join(path, basename(file)), await readFile(file));
  return path;
}

test("gives the same bytes every time, with the buckets remembered beside the files", async () => {
  const path = await lanes("twice");
  const first = await meshlane(["render", "-f", path, "--target", "envoy", "-o", "json"]);
  expect(first).toMatchObject({code: 0, stderr: ""});
  expect(Object.keys(JSON.parse(first.stdout) as object)).toContain("clusters.json");
  const lock = await readFile(join(path, "meshlane.lock"), "utf8");
  expect(JSON.parse(lock)).toMatchObject({groups: {"shop/shop": {next: [[0, 2000]]}}});
  expect(await meshlane(["render", "-f", path, "--target", "envoy", "-o", "json"])).toEqual(first);
  expect(await readFile(join(path, "meshlane.lock"), "utf8")).toBe(lock);
});

test("--output-dir writes each file, and prints nothing", async () => {
  const path = await lanes("written");
  const out = join(folder, "out");
  const printed = await meshlane(["render", "-f", path, "--target", "envoy"]);
  const files = parseAllDocuments(printed.stdout)[0]!.toJS() as Record<string, unknown>;
  expect(await meshlane(["render", "-f", path, "--target", "envoy", "--output-dir", out])).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
  const there = (await readdir(out, {recursive: true, withFileTypes: true})).filter((entry) => entry.isFile());
  expect(there.filter(({name}) => name.endsWith(".json"))).toHaveLength(Object.keys(files).length);
  for (const [name, content] of Object.entries(files)) {
    expect(JSON.parse(await readFile(join(out, name), "utf8"))).toEqual(content);
  }
});

test("what --output-dir writes is all that Envoy needs to run a proxy; a second time the keys stay", async () => {
  const path = await lanes("run");
  const out = join(folder, "run-out");
  const args = ["render", "-f", path, "--target", "envoy", "--output-dir", out];
  await meshlane(args);
  const proxy = join(out, "proxies", "cart-v1");
  const key = await readFile(join(proxy, "key.pem"), "utf8");
  expect((await stat(join(proxy, "key.pem"))).mode & 0o777).toBe(0o600);
  await meshlane(args);
  expect(await readFile(join(proxy, "key.pem"), "utf8")).toBe(key);

  const {admin} = JSON.parse(await readFile(join(proxy, "bootstrap.json"), "utf8")) as {
    admin: {address: {socket_address: {port_value: number}}};
  };
  const envoy = spawn(await findEnvoy({version: "1.40.0"}), ["-c", "bootstrap.json", "--disable-hot-restart"], {
    cwd: proxy,
    stdio: "ignore",
  });
  const live = await until(() => new Admin(admin.address.socket_address.port_value).live(), 20_000);
  envoy.kill("SIGKILL");
  expect(live).toBe(true);
});

test("ports that the user fixed are given to nobody else", async () => {
  const text = [
    "apiVersion: meshlane.dev/v1alpha1\nkind: Playground\nmetadata: {name: shop}\nspec:",
    "  services:",
    '    - {name: a, calls: [{service: b, port: 20000}], workloads: [{name: a, address: "127.0.0.1:20002"}]}',
    "    - {name: b}",
  ].join("\n");
  const {code, stdout} = await meshlane(["render", "-f", "-", "--target", "envoy", "-o", "json"], text);
  expect(code).toBe(0);
  const listeners = Object.entries(JSON.parse(stdout) as Record<string, object>).filter(([name]) =>
    name.endsWith("bootstrap.json"),
  );
  const ports = listeners.flatMap(([, bootstrap]) => {
    const {listeners: all} = (
      bootstrap as {static_resources: {listeners: {address: {socket_address: {port_value: number}}}[]}}
    ).static_resources;
    return all.map(({address}) => address.socket_address.port_value);
  });
  expect(ports).toContain(20_000);
  expect(ports).not.toContain(20_002);
  expect(new Set(ports).size).toBe(ports.length);
});

test("without a playground there is nothing to render for", async () => {
  const {code, stdout, stderr} = await meshlane(["render", "-f", shop, "--target", "envoy"]);
  expect({code, stdout}).toEqual({code: 1, stdout: ""});
  expect(stderr).toContain("no file has a Playground");
});

test("problems of the files end it before anything is written", async () => {
  const path = join(folder, "broken.yaml");
  await writeFile(path, broken);
  const out = join(folder, "never");
  expect(await meshlane(["render", "-f", path, "--target", "envoy", "--output-dir", out])).toMatchObject({
    code: 1,
    stdout: "",
  });
  expect((await readdir(folder)).filter((name) => name === "never" || name === "meshlane.lock")).toEqual([]);
});

test("a spoilt lock file is named, and left as it is", async () => {
  const path = await lanes("spoilt");
  const lock = join(path, "meshlane.lock");
  await writeFile(lock, "<<<<<<< ours");
  const {code, stderr} = await meshlane(["render", "-f", path, "--target", "envoy"]);
  expect(code).toBe(1);
  expect(stderr).toContain(lock);
  expect(await readFile(lock, "utf8")).toBe("<<<<<<< ours");
});

test("a folder that cannot be written is a message, not a stack", async () => {
  const path = await lanes("file-in-the-way");
  const {code, stderr} = await meshlane(["render", "-f", path, "--target", "envoy", "--output-dir", join(shop, "x")]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^meshlane: .*shop\.yaml/);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});
