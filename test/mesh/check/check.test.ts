import {afterAll, beforeAll, expect, test} from "vitest";
import type {Result} from "../../../manager/controller/check/index.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {meshlane} from "../../manager/cli/captured.ts";
import {type Mesh, theMesh} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";

const SHOP = "check-shop";
const OUT = "check-out";
const HOST = "check.localhost";

let mesh: Mesh;
let installedBefore: boolean;

const group = {
  apiVersion: "meshlane.dev/v1alpha1",
  kind: "SwimLaneGroup",
  metadata: {name: "shop", namespace: SHOP},
  spec: {services: ["frontend", "cart"], entry: {gateways: ["istio-ingress/public"], hosts: [HOST]}},
};
const lane = {
  apiVersion: "meshlane.dev/v1alpha1",
  kind: "SwimLane",
  metadata: {name: "checked", namespace: SHOP},
  spec: {services: [{name: "cart", to: "cart--checked"}]},
};
/** What a plugin of ours looks like whose module nobody can fetch. */
const broken: KubernetesObject = {
  apiVersion: "extensions.istio.io/v1alpha1",
  kind: "WasmPlugin",
  metadata: {name: "check-broken", namespace: SHOP},
  spec: {url: "oci://127.0.0.1:1/none:none", failStrategy: "FAIL_OPEN", match: [{mode: "SERVER"}]},
};

async function cli(...args: string[]) {
  return meshlane([...args, "--kubeconfig", mesh.kubeconfig]);
}

async function check(): Promise<Result[]> {
  const {stdout} = await cli("check", "--plain-http", "-o", "json");
  return JSON.parse(stdout) as Result[];
}

/** The lines of one check that speak of this test's namespaces, or of nothing in particular. */
function of(results: readonly Result[], name: string): Result[] {
  return results.filter((result) => result.check === name);
}

beforeAll(async () => {
  mesh = await theMesh();
  const carts = {frontend: {calls: ["cart"]}, cart: {}, "cart--checked": {}};
  await mesh.shop(SHOP, playgroundWith(carts), {hosts: [HOST]});
  await mesh.shop(OUT, playgroundWith({caller: {}}));
  const settings = {apiVersion: "v1", kind: "ConfigMap", metadata: {name: "meshlane", namespace: "meshlane-system"}};
  installedBefore = (await mesh.api.read(settings)) !== undefined;
  const installed = await cli("install", "--registry", `${mesh.registry}/check`, "--plain-http");
  if (installed.code !== 0) throw new Error(installed.stderr);
  const input = [group, lane].map((object) => JSON.stringify(object)).join("\n---\n");
  const applied = await meshlane(["apply", "-f", "-", "--wait", "--kubeconfig", mesh.kubeconfig], input);
  if (applied.code !== 0) throw new Error(applied.stderr);
});
afterAll(async () => {
  await mesh.delete(broken, lane, group);
  if (!installedBefore) await cli("uninstall");
  await mesh.removeNamespace(SHOP);
  await mesh.removeNamespace(OUT);
});

test("where all is well each check says so, and every proxy runs its filters", async () => {
  const results = await check();
  expect(results.filter(({status}) => status === "failed")).toEqual([]);
  expect(of(results, "crds")).toMatchObject([{status: "ok"}]);
  expect(of(results, "rights")).toMatchObject([{status: "ok"}]);
  expect(of(results, "images")).toMatchObject([{status: "ok"}]);
  expect(of(results, "routes")).toMatchObject([{status: "ok"}]);
  expect(of(results, "sidecars")[0]?.message).toMatch(/proxies asked, each has its filters/);
  expect(of(results, "wasm")[0]?.message).toMatch(/the modules run in all \d+ proxies/);
  expect(of(results, "native")).toMatchObject([{status: "ok"}]);
});

test("a person reads one line a check, and the exit code is 0 where nothing failed", async () => {
  const {code, stdout, stderr} = await cli("check", "--plain-http");
  expect(code).toBe(0);
  expect(stderr).toBe("");
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .every((line) => /^(ok|warning) +[a-z]+ +\S/.test(line)),
  ).toBe(true);
});

test("a plugin whose module cannot be fetched is named, with the pods that serve the baseline", async () => {
  await mesh.apply(broken);
  const name = `${SHOP}/check-broken`;
  const says = async (): Promise<boolean> => of(await check(), "wasm").some(({message}) => message.includes(name));
  await until(says, {what: "check names the plugin that cannot run", ms: 60_000, everyMs: 1000});
  const {code, stdout} = await cli("check", "--plain-http");
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /failed +wasm +proxies could not fetch the module, so they serve the baseline: check-shop\/cart-/,
  );
  await mesh.delete(broken);
  const well = async (): Promise<boolean> => of(await check(), "wasm").every(({status}) => status === "ok");
  await until(well, {what: "check says that all modules run", ms: 60_000, everyMs: 1000});
});

test("a caller from a namespace that is not in through is named", async () => {
  const caller = await mesh.pod(OUT, {app: "caller"});
  expect(await mesh.requestFrom(caller, {url: `http://cart.${SHOP}/`})).toMatchObject({status: 200});
  const [found] = of(await check(), "through").filter(({message}) => message.includes(OUT));
  expect(found?.status).toBe("warning");
  expect(found?.message).toMatch(
    /check-out\/caller-\S+ calls check-shop\/cart, but namespace check-out is not in through/,
  );
  expect(found?.hint).toContain("through: [check-out]");
});

test("init prints a group that the API server takes", async () => {
  const selector = {app: "public"};
  const servers = [{port: {number: 80, name: "http", protocol: "HTTP"}, hosts: ["*.init.localhost"]}];
  const gateway = {apiVersion: "networking.istio.io/v1", kind: "Gateway", metadata: {name: "init", namespace: OUT}};
  await mesh.apply({...gateway, spec: {selector, servers}});
  const {code, stdout} = await cli("init", "-n", OUT, "--gateway", `${OUT}/init`);
  expect(code).toBe(0);
  expect(stdout).toContain('host: "{lane}.init.localhost"');
  const taken = await meshlane(["apply", "-f", "-", "--dry-run=server", "--kubeconfig", mesh.kubeconfig], stdout);
  expect(taken).toMatchObject({code: 0});
  const again = await cli("init", "-n", SHOP);
  expect(again).toMatchObject({code: 1, stdout: ""});
  expect(again.stderr).toContain(`namespace ${SHOP} has group shop already`);
});
