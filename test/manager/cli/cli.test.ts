import {mkdtemp, mkdir, readdir, readFile, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {parseAllDocuments} from "yaml";
import {meshlane} from "./captured.ts";

const samples = fileURLToPath(new URL("../../../deploy/samples", import.meta.url));
const shop = join(samples, "shop.yaml");
const playground = join(samples, "playground.yaml");
const broken =
  "apiVersion: meshlane.dev/v1alpha1\nkind: SwimLane\nmetadata: {name: ann}\nspec:\n  weight: a\n  services: []\n";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "meshlane-cli-"));
});
afterAll(() => rm(folder, {recursive: true}));

describe("the program", () => {
  test("--version is that of the package", async () => {
    const {version} = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await meshlane(["--version"])).toEqual({code: 0, stdout: `${version}\n`, stderr: ""});
  });

  test.each([[["--help"]], [["validate", "--help"]], [["render", "--help"]]])(
    "%j has examples, on stdout",
    async (args) => {
      const {code, stdout, stderr} = await meshlane(args);
      expect({code, stderr}).toEqual({code: 0, stderr: ""});
      expect(stdout).toMatch(/^Usage: meshlane/);
      expect(stdout).toContain("Examples:\n  meshlane ");
    },
  );

  test.each([
    ["no verb", [], "Usage: meshlane"],
    ["an unknown verb", ["validte"], "Did you mean validate?"],
    [
      "an unknown option",
      ["validate", "-f", shop, "--ouput", "yaml"],
      "unknown option '--ouput'\n(Did you mean --output?)",
    ],
    ["no file", ["validate"], "meshlane: required option '-f, --file <file>' not specified"],
    ["a word too many", ["validate", "-f", shop, "more"], "too many arguments"],
    [
      "a missing file",
      ["validate", "-f", "nowhere.yaml"],
      "meshlane: cannot read nowhere.yaml: there is no such file or folder",
    ],
    ["standard input twice", ["validate", "-f", "-", "-f", "-"], "standard input can be read only once"],
    ["an unknown form", ["validate", "-f", shop, "-o", "xml"], "Allowed choices are yaml, json"],
    ["an unknown target", ["render", "-f", shop, "--target", "nginx"], "Allowed choices are envoy"],
    ["no target", ["render", "-f", shop], "required option '--target <target>' not specified"],
    [
      "two outputs",
      ["render", "-f", shop, "--target", "envoy", "-o", "json", "--output-dir", "x"],
      "cannot be used with option",
    ],
  ])("%s is wrong usage: exit code 2, nothing on stdout", async (_name, args, message) => {
    const {code, stdout, stderr} = await meshlane(args);
    expect({code, stdout}).toEqual({code: 2, stdout: ""});
    expect(stderr).toContain(message);
  });
});

describe("validate", () => {
  test("says what is valid", async () => {
    expect(await meshlane(["validate", "-f", shop])).toEqual({
      code: 0,
      stdout: "valid: 1 group, 5 lanes\n",
      stderr: "",
    });
  });

  test("takes several files, and the files of a folder", async () => {
    const expected = {code: 0, stdout: "valid: 1 group, 5 lanes, 1 playground\n", stderr: ""};
    expect(await meshlane(["validate", "-f", shop, "--file", playground])).toEqual(expected);
    expect(await meshlane(["validate", "-f", samples])).toEqual(expected);
  });

  test("a folder without files to read is wrong usage", async () => {
    const empty = join(folder, "empty");
    await mkdir(empty);
    const {code, stderr} = await meshlane(["validate", "-f", empty]);
    expect({code, stderr}).toEqual({
      code: 2,
      stderr: `meshlane: folder ${empty} has no file that ends with .yaml, .yml or .json\n`,
    });
  });

  test("problems go to stderr, one a line, with exit code 1", async () => {
    const {code, stdout, stderr} = await meshlane(["validate", "-f", "-", "-o", "yaml"], broken);
    expect({code, stdout}).toEqual({code: 1, stdout: ""});
    expect(stderr.trimEnd().split("\n")).toEqual([
      "lane ann: spec.weight must be a number  standard input:5",
      "lane ann: spec.services must name at least one service: a lane overrides something  standard input:6",
    ]);
  });

  test("a warning alone is no failure", async () => {
    const {code, stderr} = await meshlane(
      ["validate", "-f", "-"],
      "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
    );
    expect({code, stderr}).toEqual({
      code: 0,
      stderr: "warning: Service is not an object of meshlane.dev: skipped  standard input:1\n",
    });
  });

  test("colour is for terminals only, and NO_COLOR is heard", async () => {
    const colour = "\u001b[31mlane ann";
    expect((await meshlane(["validate", "-f", "-"], broken, true)).stderr).toContain(colour);
    expect((await meshlane(["validate", "-f", "-"], broken, false)).stderr).not.toContain("\u001b");
    process.env["NO_COLOR"] = "1";
    expect((await meshlane(["validate", "-f", "-"], broken, true)).stderr).not.toContain("\u001b");
    delete process.env["NO_COLOR"];
  });

  test.each(["yaml", "json"])("-o %s prints all defaults, and reads what it prints to the same", async (form) => {
    const first = await meshlane(["validate", "-f", samples, "-o", form]);
    expect(first).toMatchObject({code: 0, stderr: ""});
    expect(first.stdout).toContain("plainText");
    const again = await meshlane(["validate", "-f", "-", "-o", form], first.stdout);
    expect(again).toEqual(first);
  });

  test("-o yaml prints one document an object", async () => {
    const {stdout} = await meshlane(["validate", "-f", samples, "-o", "yaml"]);
    const documents = parseAllDocuments(stdout) as {toJS(): {kind: string}}[];
    expect(documents.map((document) => document.toJS().kind)).toEqual([
      "SwimLaneGroup",
      ...Array<string>(5).fill("SwimLane"),
      "Playground",
    ]);
  });
});

describe("render", () => {
  async function lanes(name: string): Promise<string> {
    const path = join(folder, name);
    await mkdir(path);
    for (const file of [shop, playground])
      await writeFile(join(path, file.slice(samples.length + 1)), await readFile(file));
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
    expect(there).toHaveLength(Object.keys(files).length);
    for (const [name, content] of Object.entries(files)) {
      expect(JSON.parse(await readFile(join(out, name), "utf8"))).toEqual(content);
    }
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
});
