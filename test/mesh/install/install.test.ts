import {afterAll, beforeAll, expect, test} from "vitest";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {group, lane, text} from "../apply/lanes.ts";
import {groupObject, laneObject, type Mesh, theMesh} from "../client/index.ts";
import {install, meshlaneOn, type Meshlane, uninstall} from "../client/meshlane.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";

const SHOP = "install-shop";
const HOST = "install.localhost";
let mesh: Mesh;
let meshlane: Meshlane;

beforeAll(async () => {
  mesh = await theMesh();
  meshlane = meshlaneOn(mesh);
  await uninstall(mesh);
  const workloads = (name: string) => ["v1", "v2"].map((version) => ({name: `${name}-${version}`, labels: {version}}));
  const playground = playgroundWith({
    frontend: {calls: ["cart"]},
    cart: {},
    "cart--ann": {},
    stock: {workloads: workloads("stock")},
    ledger: {workloads: workloads("ledger")},
  });
  await mesh.shop(SHOP, playground, {hosts: [HOST]});
  await mesh.apply(theirs);
});
afterAll(async () => {
  await uninstall(mesh);
  await mesh.removeNamespace(SHOP);
});

/** A user's own routes, which their owner hands over. */
const theirs: KubernetesObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: {name: "ledger", namespace: SHOP, labels: {team: "ledger"}, annotations: {note: "ours since 2019"}},
  spec: {hosts: ["ledger"], http: [{timeout: "3s", route: [{destination: {host: "ledger"}}]}]},
};

/** What comes, goes and changes by itself in every cluster. */
const passing = new Set(["Event", "Lease", "EndpointSlice", "Endpoints", "APIService"]);

/** The election of a leader by an annotation, which is renewed all the time. */
const election = "control-plane.alpha.kubernetes.io/leader";

/** Every object of the cluster as its user sees it: what it says, without what the server keeps about it. */
async function everything(): Promise<Record<string, unknown>> {
  const names = (await mesh.kubectl("api-resources", "--verbs=list", "-o", "name")).trim().split("\n");
  const out = await mesh.kubectl("get", names.join(","), "-A", "-o", "json", "--show-managed-fields=false");
  const {items} = JSON.parse(out) as {items: KubernetesObject[]};
  const kept = items.filter(({kind}) => !passing.has(kind));
  return Object.fromEntries(
    kept.map(({status: _status, ...object}) => {
      const {resourceVersion: _version, generation: _generation, annotations = {}, ...metadata} = object.metadata;
      const {[election]: _leader, ...said} = annotations;
      const key = `${object.apiVersion} ${object.kind} ${metadata.namespace}/${metadata.name}`;
      return [key, {...object, metadata: {...metadata, annotations: said}}];
    }),
  );
}

test.each([
  ["native", ["EnvoyFilter"]],
  ["routes", ["VirtualService"]],
])(
  "routing: %s: uninstall takes exactly ours out: every object of the cluster is as before",
  async (routing, kinds) => {
    const before = await everything();
    expect(Object.keys(before).length).toBeGreaterThan(100);
    await install(mesh);
    const entry = {gateways: ["istio-ingress/public"], hosts: [HOST], lane: [{header: "x-swimlane", anyone: true}]};
    const services = ["frontend", "cart", "stock", "ledger"];
    const next = {labels: {version: "v2"}};
    const files = text(
      groupObject("shop", {services, routing, baseline: {labels: {version: "v1"}}, entry}, SHOP),
      laneObject(SHOP, "ann", {cart: "cart--ann", stock: next, ledger: next}),
    );
    expect(await meshlane(["apply", "-f", "-", "--adopt", "ledger", "-n", SHOP, "--wait"], files)).toMatchObject({
      code: 0,
    });
    const added = Object.keys(await everything()).filter((key) => !(key in before));
    for (const kind of [...kinds, "DestinationRule", "WasmPlugin", "SwimLane", "ConfigMap"])
      expect(added).toContainEqual(expect.stringContaining(` ${kind} `));
    const adopted = await mesh.api.read(theirs);
    expect(JSON.stringify(adopted?.spec)).toContain("x-swimlane");
    const gone = await meshlane(["uninstall"]);
    expect(gone).toMatchObject({code: 0});
    expect(await everything()).toEqual(before);
    expect(await meshlane(["uninstall"])).toMatchObject({code: 0, stdout: ""});
  },
);

test("until a group exists no route changes", async () => {
  const [pod] = await mesh.pods(SHOP, {app: "frontend"});
  const routes = () => mesh.envoy(pod!, "/config_dump?resource=dynamic_route_configs&mask=route_config.virtual_hosts");
  const before = await routes();
  await install(mesh);
  const ours = await mesh.kubectl(
    "get",
    "envoyfilters,wasmplugins,virtualservices,destinationrules",
    "-A",
    "-l",
    "app.kubernetes.io/managed-by=meshlane",
    "-o",
    "name",
  );
  expect(ours).toBe("");
  // What a user writes after it and takes away again comes and goes: by then the proxy has what the installation caused.
  const route = [{directResponse: {status: 204}}];
  const later = {metadata: {name: "later", namespace: SHOP}, spec: {hosts: ["later.example.com"], http: route}};
  await mesh.apply({apiVersion: "networking.istio.io/v1", kind: "VirtualService", ...later});
  const has = async () => (await routes()).includes("later.example.com");
  await until(has, {what: "the proxy has the route of later", everyMs: 50});
  await mesh.kubectl("-n", SHOP, "delete", "virtualservice", "later");
  await until(async () => !(await has()), {what: "the route of later is gone", everyMs: 50});
  expect(await routes()).toBe(before);
});

test("installing again changes nothing, and upgrade of the same version neither", async () => {
  await install(mesh);
  for (const verb of ["install", "upgrade"]) {
    const again = await meshlane([verb, "--registry", `${mesh.registry}/mesh`, "--plain-http"]);
    expect(again).toMatchObject({code: 0});
    expect(
      again.stdout
        .trimEnd()
        .split("\n")
        .filter((line) => !line.endsWith(" unchanged")),
    ).toEqual([]);
  }
});

test("--keep-crds keeps the lanes, which have no effect until the next installation", async () => {
  await install(mesh);
  const files = text(group(SHOP, HOST), lane(SHOP, "kept", "cart--ann"));
  const path = async () => (await mesh.request({host: HOST, headers: {"x-swimlane": "kept"}})).path;
  expect(await meshlane(["apply", "-f", "-", "--wait"], files)).toMatchObject({code: 0});
  expect(await path()).toBe("frontend -> cart--ann");
  expect(await meshlane(["uninstall", "--keep-crds"])).toMatchObject({code: 0});
  expect(await mesh.kubectl("get", "swimlanes", "-n", SHOP, "-o", "name")).toContain("/kept");
  await expect.poll(path, {timeout: 10_000}).toBe("frontend -> cart");
  await install(mesh);
  const upgraded = await meshlane(["upgrade", "--plain-http"]);
  expect(upgraded).toMatchObject({code: 0});
  expect(await path()).toBe("frontend -> cart--ann");
});

test("a registry without the modules is refused with --no-push, and named", async () => {
  const {code, stderr} = await meshlane([
    "install",
    "--registry",
    `${mesh.registry}/empty`,
    "--plain-http",
    "--no-push",
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain(`${mesh.registry}/empty/inbound`);
});
