import {readFile, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {expect, test} from "vitest";
import {parse} from "yaml";
import {meshlane} from "./captured.ts";
import {version, withRegistry} from "./registry.ts";
import {broken, shop} from "./samples.ts";

const {registry, folder} = withRegistry();
const digest = /@sha256:[0-9a-f]{64}/;

test("prints the reference of each module, pinned by digest, and nothing else on standard output", async () => {
  const {code, stdout, stderr} = await meshlane(["push", "--registry", `${registry().host}/mesh`]);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => line.replace(digest, ""))).toEqual(
    ["inbound", "outbound", "edge", "edge-response"].map((name) => `${registry().host}/mesh/${name}:${version}`),
  );
  expect(lines.every((line) => digest.test(line))).toBe(true);
  expect(stderr.split("\n")[0]).toBe(`pushing ${lines[0]}`);
});

test("--module pushes these only, -o json says what, and MESHLANE_REGISTRY may name the place", async () => {
  process.env["MESHLANE_REGISTRY"] = `${registry().host}/some`;
  try {
    const {stdout} = await meshlane(["push", "--module", "edge", "--module", "inbound", "-o", "json"]);
    expect((JSON.parse(stdout) as {module: string}[]).map(({module}) => module)).toEqual(["edge", "inbound"]);
  } finally {
    delete process.env["MESHLANE_REGISTRY"];
  }
});

test("lane files that are pushed come back byte by byte, and pushed again have the same digest", async () => {
  const place = `oci://${registry().host}/lanes/shop:v1`;
  const first = await meshlane(["push", "-f", shop, place]);
  expect(first).toMatchObject({code: 0, stderr: `pushing ${place.slice("oci://".length)}\n`});
  expect((await meshlane(["push", "-f", shop, place])).stdout).toBe(first.stdout);
  const out = join(folder(), "pulled");
  const pulled = await meshlane(["pull", `oci://${first.stdout.trim()}`, "--output-dir", out]);
  expect(pulled).toMatchObject({code: 0, stdout: `${join(out, "shop.yaml")}\n`});
  expect(await readFile(join(out, "shop.yaml"))).toEqual(await readFile(shop));
});

test("lane files with a problem are not pushed", async () => {
  const {requests} = registry();
  requests.length = 0;
  const refused = await meshlane(["push", "-f", shop, "-f", "-", `oci://${registry().host}/lanes/broken:v1`], broken);
  expect(refused).toMatchObject({code: 1, stdout: ""});
  expect(refused.stderr).toContain("standard input:5");
  const empty = join(folder(), "empty.yaml");
  await writeFile(empty, "");
  const nothing = await meshlane(["push", "-f", empty, `oci://${registry().host}/lanes/empty:v1`]);
  expect(nothing).toMatchObject({code: 1, stderr: `meshlane: ${empty}: there is no group and no lane in it\n`});
  expect(requests).toEqual([]);
});

test.each([
  [["push"], "--registry says where the modules go"],
  [["push", "--registry", "mesh"], `"mesh" is no registry`],
  [["push", "--registry", "localhost", "--module", "inbond"], "Allowed choices are inbound, outbound, edge"],
  [["push", "-f", shop], "where are the files to go?"],
  [["push", "-f", shop, "oci://localhost/shop"], "lane files are pushed under a tag"],
  [["push", "oci://localhost/shop:v1"], "Name lane files by -f"],
])("what is written wrongly is refused with what to write: %j", async (args, message) => {
  const {code, stderr} = await meshlane(args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test("-o yaml prints the same data", async () => {
  const {stdout} = await meshlane(["push", "--registry", registry().host, "--module", "inbound", "-o", "yaml"]);
  expect(parse(stdout)).toEqual([
    expect.objectContaining({module: "inbound", version, digest: expect.stringMatching(/^sha256:/) as string}),
  ]);
});

test("a file whose name has a space comes back under it", async () => {
  const file = join(folder(), "my lanes.yaml");
  await writeFile(file, await readFile(shop));
  const place = `oci://${registry().host}/lanes/spaces:v1`;
  expect((await meshlane(["push", "-f", file, place])).code).toBe(0);
  const out = join(folder(), "spaces");
  expect(await meshlane(["pull", place, "--output-dir", out])).toMatchObject({
    code: 0,
    stdout: `${join(out, "my lanes.yaml")}\n`,
  });
});
