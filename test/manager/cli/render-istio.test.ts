/** `render --target istio`: lane files and objects of the cluster in, objects for the cluster out. */
import {mkdtemp, readdir, readFile, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, expect, test} from "vitest";
import {parse, parseAllDocuments, stringify} from "yaml";
import {type KubernetesObject, unrendered} from "../../../manager/model/kubernetes.ts";
import {meshlane} from "./captured.ts";
import {shop} from "./samples.ts";

const cluster = join(import.meta.dirname, "..", "render", "istio", "shop-cluster.yaml");
const registry = ["--target", "istio", "--registry", "registry.example.com/mesh"];

interface Written {
  kind: string;
  metadata: {name: string; namespace: string};
}

let folder: string;
let lanes: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "meshlane-istio-"));
  lanes = join(folder, "shop.yaml");
  await writeFile(lanes, await readFile(shop));
});
afterAll(() => rm(folder, {recursive: true}));

const render = (...more: string[]) => meshlane(["render", "-f", lanes, "-f", cluster, ...registry, ...more]);

test("gives the same documents every time, with the buckets remembered, and says nothing of the cluster's objects", async () => {
  const first = await render();
  expect(first).toMatchObject({code: 0, stderr: ""});
  const objects = parseAllDocuments(first.stdout).map((document) => document.toJS() as Written);
  expect(new Set(objects.map(({kind}) => kind))).toEqual(
    new Set(["DestinationRule", "EnvoyFilter", "VirtualService", "WasmPlugin"]),
  );
  expect(JSON.parse(await readFile(join(folder, "meshlane.lock"), "utf8"))).toMatchObject({
    groups: {"shop/shop": {next: [[0, 2000]]}},
  });
  expect(await render()).toEqual(first);
  const json = await render("-o", "json");
  expect((JSON.parse(json.stdout) as {items: unknown[]}).items).toEqual(objects);
});

test("--output-dir writes one file an object, takes away those that went, and leaves others alone", async () => {
  const out = join(folder, "out");
  expect(await render("--output-dir", out)).toEqual({code: 0, stdout: "", stderr: ""});
  const before = await readdir(out);
  expect(before).toContain("virtualservice.shop.meshlane-warehouse.yaml");
  await writeFile(join(out, "kustomization.yaml"), "resources: []\n");
  await writeFile(join(out, "virtualservice.shop.mine.yaml"), "kind: VirtualService\n");
  const withoutEve = (await readFile(lanes, "utf8")).split("\n---\n").filter((text) => !text.includes("name: eve"));
  const less = join(folder, "less.yaml");
  await writeFile(less, withoutEve.join("\n---\n"));
  await meshlane(["render", "-f", less, "-f", cluster, ...registry, "--output-dir", out]);
  const after = await readdir(out);
  expect(before.filter((name) => !after.includes(name))).toEqual(["virtualservice.shop.meshlane-warehouse.yaml"]);
  expect(after).toEqual(expect.arrayContaining(["kustomization.yaml", "virtualservice.shop.mine.yaml"]));
});

test.each(["yaml", "json"])(
  "--output-dir gives back what was handed over in %s, and has no lane any more",
  async (form) => {
    const out = await mkdtemp(join(folder, "adopted-"));
    const theirs = {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: {name: "mine", namespace: "shop"},
      spec: {hosts: ["warehouse"], http: [{timeout: "3s", route: [{destination: {host: "warehouse"}}]}]},
    };
    const mine = join(folder, "mine.yaml");
    await writeFile(mine, JSON.stringify(theirs));
    const withoutEve = (await readFile(lanes, "utf8")).split("\n---\n").filter((text) => !text.includes("name: eve"));
    const less = join(folder, "less.yaml");
    await writeFile(less, withoutEve.join("\n---\n"));
    const adopting = (file: string) =>
      meshlane([
        "render",
        "-f",
        file,
        "-f",
        cluster,
        "-f",
        mine,
        ...registry,
        "--output-dir",
        out,
        "--adopt",
        "warehouse",
      ]);
    expect(await adopting(lanes)).toMatchObject({code: 0, stderr: ""});
    const written = join(out, `virtualservice.shop.mine.${form}`);
    const adopted = parse(await readFile(join(out, "virtualservice.shop.mine.yaml"), "utf8")) as KubernetesObject;
    await rm(join(out, "virtualservice.shop.mine.yaml"));
    await writeFile(written, form === "json" ? JSON.stringify(adopted) : stringify(adopted));
    expect(adopted.metadata.labels).toBeDefined();
    for (const _time of [1, 2]) {
      expect(await adopting(less)).toMatchObject({code: 0, stderr: ""});
      expect(parse(await readFile(written, "utf8"))).toEqual(theirs);
    }
  },
);

test.each([
  [
    "has a conflict of git",
    "<<<<<<< HEAD\nmetadata:\n  labels:\n    app.kubernetes.io/managed-by: meshlane\n=======\n>>>>>>> x\n",
  ],
  ["is only a comment", "# app.kubernetes.io/managed-by: meshlane\n"],
  ["has two objects", "metadata: {labels: {app.kubernetes.io/managed-by: meshlane}}\n---\nkind: VirtualService\n"],
  ["has no name", "kind: VirtualService\nmetadata: {labels: {app.kubernetes.io/managed-by: meshlane}}\n"],
])("--output-dir leaves a file alone that %s, unless it writes it", async (_what, text) => {
  const out = await mkdtemp(join(folder, "foreign-"));
  const [written, left] = ["meshlane-warehouse", "meshlane-old"].map((name) =>
    join(out, `virtualservice.shop.${name}.yaml`),
  );
  await writeFile(written!, text);
  await writeFile(left!, text);
  expect(await render("--output-dir", out)).toEqual({code: 0, stdout: "", stderr: ""});
  expect(await readFile(left!, "utf8")).toBe(text);
  expect(parse(await readFile(written!, "utf8"))).toMatchObject({metadata: {name: "meshlane-warehouse"}});
});

test("an empty field of the cluster's objects is as one that is not there", async () => {
  const objects = `
kind: List
items:
  - {apiVersion: v1, kind: Service, metadata: {name: bare, namespace: shop, labels: null}, spec: {type: ClusterIP, selector: null, ports: null}}
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: bare, namespace: shop}, spec: {replicas: 1, template: null}}
  - {apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: bare}, spec: {x: 1, selector: null, servers: null}}
  - {apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: bare}, spec: {host: bare, subsets: null}}
  - {apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: bare}, spec: {hosts: [bare], http: null}}
  - apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: cart, namespace: shop}
    spec: {hosts: [cart], gateways: null, http: [{route: [{destination: {host: cart, subset: null}, weight: null}], match: null}, {route: [{weight: 1, destination: null}]}]}
`;
  const given = async (text: string) => {
    const file = join(folder, "more.yaml");
    await writeFile(file, text);
    return render("-f", file);
  };
  const without = objects.replaceAll(/, \w+: null/g, "");
  expect(without).not.toContain("null");
  expect(await given(objects)).toEqual(await given(without));
});

test("what cannot be done is said with its remedy, exit code 1, and the rest is printed", async () => {
  const {code, stdout, stderr} = await meshlane(["render", "-f", lanes, ...registry]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^group shop\/shop:? enters at gateway istio-ingress\/public, .* kubectl get /m);
  expect(stdout).toContain("name: meshlane-inbound");
  expect(stdout).not.toContain("meshlane-edge");
});

test("files without lane and group are a mistake, and take nothing away", async () => {
  const out = join(folder, "kept");
  await render("--output-dir", out);
  const before = await readdir(out);
  const empty = join(folder, "empty.yaml");
  await writeFile(empty, "");
  const {code, stderr} = await meshlane(["render", "-f", empty, ...registry, "--output-dir", out]);
  expect({code, stderr}).toEqual({code: 1, stderr: expect.stringContaining("no lane and no group") as string});
  expect(await readdir(out)).toEqual(before);
});

test("files of what could not be decided stay", async () => {
  const out = join(folder, "undecided");
  await render("--output-dir", out);
  const before = await readdir(out);
  const {code} = await meshlane(["render", "-f", lanes, ...registry, "--output-dir", out]);
  expect(code).toBe(1);
  expect(await readdir(out)).toEqual(before);
});

test("names the API that is asked for", async () => {
  const {stdout} = await render("--extension-api", "TrafficExtension");
  expect(stdout).toContain("kind: TrafficExtension");
  expect(stdout).not.toContain("kind: WasmPlugin");
});

test("--routing-native yes makes aggregate clusters", async () => {
  expect((await render("--routing-native", "yes")).stdout).toContain("envoy.clusters.aggregate");
  expect((await render()).stdout).not.toContain("envoy.clusters.aggregate");
});

test("without a registry there is no telling where the filter's images are", async () => {
  const {code, stdout, stderr} = await meshlane(["render", "-f", lanes, "--target", "istio"]);
  expect({code, stdout}).toEqual({code: 2, stdout: ""});
  expect(stderr).toContain("--registry");
});

test("--routes prints the http list of one service, and tells of a service that no lane overrides", async () => {
  const routes = (service: string) =>
    meshlane(["render", "-f", lanes, "-f", cluster, "--target", "istio", "--routes", service]);
  const {code, stdout, stderr} = await routes("cart");
  expect({code, stderr}).toEqual({code: 0, stderr: ""});
  const {http} = parse(stdout) as {http: {match?: {headers: Record<string, {exact: string}>}[]}[]};
  expect(http.map(({match}) => match?.[0]?.headers["x-swimlane"]?.exact)).toEqual(["ann", "next", undefined]);
  expect(await routes("shop/cart")).toMatchObject({code: 0, stdout});
  expect(await routes("frontend")).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("nothing to paste"),
  });
  expect(await routes("crat")).toMatchObject({code: 2, stderr: expect.stringContaining("is in no group")});
});

test("--registry is a registry's place, and MESHLANE_REGISTRY may name it", async () => {
  const without = (...more: string[]) => meshlane(["render", "-f", lanes, "-f", cluster, "--target", "istio", ...more]);
  expect(await without("--registry", "http://evil host/x?y")).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining(`"http:" is no registry`),
  });
  const named = await render();
  expect(await without("--registry", "oci://registry.example.com/mesh/")).toEqual(named);
  const routes = await without("--routes", "cart");
  process.env["MESHLANE_REGISTRY"] = "registry.example.com/mesh";
  try {
    expect(await without()).toEqual(named);
    expect(await without("--routes", "cart")).toEqual(routes);
  } finally {
    delete process.env["MESHLANE_REGISTRY"];
  }
  expect(routes.code).toBe(0);
});

test("rendering over what apply wrote for other lanes of the cluster is warned of, over the same it is not", async () => {
  const [first] = [await render("-o", "json")];
  const {items} = JSON.parse(first.stdout) as {items: KubernetesObject[]};
  const cart = items.find(({kind, metadata}) => kind === "VirtualService" && metadata.name === "meshlane-cart")!;
  const live = join(folder, "live.json");
  for (const [spec, wanted] of [
    [cart.spec, ""],
    [{...(cart.spec as object), http: []}, "VirtualService shop/meshlane-cart: is in the cluster for its lanes"],
  ] as const) {
    await writeFile(live, JSON.stringify(unrendered({...cart, spec})));
    const {code, stderr} = await render("-f", live);
    expect([code, stderr === ""]).toEqual([0, wanted === ""]);
    expect(stderr).toContain(wanted);
  }
});
