import {expect, test} from "vitest";
import {installationObjects} from "../../../manager/controller/installation.ts";
import {settingsObject} from "../../../manager/controller/settings.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {FakeCluster, istioKinds, ourKinds} from "../cluster/fake-cluster.ts";
import {group, lane, namespace, service, settings, shop, virtualService} from "../controller/check/inspections.ts";
import {meshlane} from "./captured.ts";

const text = (...objects: object[]) => objects.map((object) => JSON.stringify(object)).join("\n---\n");
const installed = settingsObject({...settings, nativeSupported: false});
const named = (name: string): KubernetesObject => ({...lane(), metadata: {name, namespace: "shop"}});
const kinds: typeof ourKinds = [...ourKinds, ...istioKinds];

async function started(objects: readonly KubernetesObject[], known: typeof kinds = kinds) {
  const cluster = await FakeCluster.start([...objects, installed], known);
  const flags = ["--settle", "0s", ...(await cluster.flags())];
  return {cluster, run: (args: string[], input = "") => meshlane([...args, ...flags], input)};
}

const remedy = "Nothing was written: ask for a role with these rights, like deploy/rights.yaml\n";

test("who may write lanes but not Istio's objects is told all that is missing, and nothing is written", async () => {
  const {cluster, run} = await started(shop.filter(({kind}) => kind !== "SwimLane"));
  cluster.denied = ["create wasmplugins", "create virtualservices", "create destinationrules", "delete wasmplugins"];
  expect(await run(["apply", "-f", "-"], text(group(), lane()))).toEqual({
    code: 1,
    stdout: "",
    stderr:
      "meshlane: you may not create wasmplugins.extensions.istio.io in namespace istio-ingress; " +
      `create virtualservices.networking.istio.io, create wasmplugins.extensions.istio.io in namespace shop. ${remedy}`,
  });
  expect(cluster.writes).toEqual([]);
  cluster.denied = ["create destinationrules", "delete wasmplugins"];
  expect(await run(["apply", "-f", "-"], text(group(), lane()))).toMatchObject({code: 0});
  expect(cluster.writes.length).toBeGreaterThan(3);
});

test("delete asks for its rights first, as apply does", async () => {
  const {cluster, run} = await started(shop);
  expect(await run(["apply", "-f", "-"], text(group(), lane()))).toMatchObject({code: 0});
  cluster.writes.length = 0;
  cluster.denied = ["delete virtualservices"];
  expect(await run(["delete", "lane", "ann"])).toEqual({
    code: 1,
    stdout: "",
    stderr: `meshlane: you may not delete virtualservices.networking.istio.io in namespace shop. ${remedy}`,
  });
  expect(cluster.writes).toEqual([]);
  cluster.denied = [];
  const {code, stdout} = await run(["delete", "lane", "ann"]);
  expect(code).toBe(0);
  expect(stdout).toContain("virtualservice.networking.istio.io/meshlane-cart -n shop deleted\n");
});

test("a lane that is unchanged, with all of its objects, needs no right to change them", async () => {
  const {cluster, run} = await started(shop);
  await run(["apply", "-f", "-"], text(group(), lane()));
  const verbs = ["create", "update", "delete"];
  cluster.denied = istioKinds.flatMap(({plural}) => verbs.map((verb) => `${verb} ${plural}`));
  expect(await run(["apply", "-f", "-"], text(group(), lane()))).toMatchObject({code: 0});
});

test("who may not ask for rights is told by the request itself", async () => {
  const {cluster, run} = await started(shop);
  cluster.onAsked = ({path}) => (path.endsWith("/selfsubjectaccessreviews") ? {status: 403} : undefined);
  expect(await run(["apply", "-f", "-"], text(group(), lane()))).toMatchObject({code: 0});
});

test("where the cluster has not the kinds that lanes need, nothing is written", async () => {
  const {cluster, run} = await started(shop, ourKinds);
  const {code, stderr} = await run(["apply", "-f", "-"], text(group(), lane()));
  expect(code).toBe(1);
  expect(stderr).toContain("Is Istio installed");
  expect(cluster.writes).toEqual([]);
});

test("what the cluster refuses of several stops none of the others, and the mesh follows those", async () => {
  const {cluster, run} = await started(shop);
  const refusing = (name: string, status = 422) => {
    cluster.onAsked = ({method, path}) =>
      method !== "GET" && path.endsWith(`/${name}`) ? {status, body: {message: "no"}} : undefined;
  };
  const route = () => JSON.stringify(cluster.objects.find(({kind}) => kind === "VirtualService")?.spec ?? {});
  refusing("bob");
  const applied = await run(["apply", "-f", "-"], text(lane(), named("bob"), named("cid")));
  expect(applied.code).toBe(1);
  expect(applied.stdout).toMatch(/^swimlane\S+ann -n shop unchanged\nswimlane\S+cid -n shop created\n/);
  expect(applied.stderr).toContain("meshlane: cannot patch swimlanes.meshlane.dev shop/bob: no\n");
  expect(route()).toContain("ann|cid");
  refusing("ann");
  const deleted = await run(["delete", "lane", "ann", "cid"]);
  expect(deleted.code).toBe(1);
  expect(deleted.stdout).toMatch(/^swimlane\S+cid -n shop deleted\n/);
  expect(deleted.stderr).toContain("meshlane: cannot delete swimlanes.meshlane.dev shop/ann: no\n");
  expect(route()).toContain("ann");
  expect(route()).not.toContain("cid");
});

test("where all is refused, and where the credentials end, nothing more is written", async () => {
  const {cluster, run} = await started(shop);
  cluster.writes.length = 0;
  for (const [status, asked] of [
    [422, 2],
    [401, 1],
  ] as const) {
    let count = 0;
    cluster.onAsked = ({method, path}) => (method !== "GET" && /\/swimlanes\//.test(path) ? refused() : undefined);
    const refused = () => (count++, {status, body: {message: "no"}});
    for (const args of [
      ["apply", "-f", "-"],
      ["delete", "lane", "ann", "eve"],
    ]) {
      count = 0;
      expect(await run(args, text(lane(), named("bob")))).toMatchObject({code: 1, stdout: ""});
      expect(count).toBe(args[0] === "apply" ? asked : 1);
    }
    expect(cluster.writes).toEqual([]);
  }
});

test("an object of our name that is somebody else's stays, and stops only what needs it", async () => {
  const inPay = (object: KubernetesObject) => ({...object, metadata: {...object.metadata, namespace: "pay"}});
  const paula = {...inPay(lane()), metadata: {name: "paula", namespace: "pay"}};
  const pay = [namespace("pay"), ...["cart", "cart--ann"].map((name) => service(name, {app: name}, "pay"))];
  const {cluster, run} = await started([...shop, ...pay]);
  expect(await run(["apply", "-f", "-"], text(group(), lane()))).toMatchObject({code: 0});
  const index = cluster.objects.findIndex(({metadata}) => metadata.name === "meshlane-cart");
  const taken = cluster.objects[index]!;
  const theirs = {...taken, metadata: {...taken.metadata, labels: {team: "cart"}}, spec: {hosts: ["elsewhere"]}};
  cluster.objects[index] = theirs;
  const there = () => cluster.objects.find(({metadata}) => metadata.name === "meshlane-cart");
  const said = "VirtualService shop/meshlane-cart: has a name of ours, but not the label";
  for (const input of [text(named("bob"), group()), text(named("bob"))]) {
    const {code, stderr} = await run(["apply", "-f", "-"], input);
    expect([code, stderr.split("\n").some((line) => line.startsWith(said))]).toEqual([1, true]);
  }
  const others = await run(["apply", "-f", "-"], text(inPay(group({entry: {}})), paula));
  expect(others).toMatchObject({code: 0, stdout: expect.stringContaining("meshlane-cart -n pay created\n") as string});
  expect(others.stderr).toContain(`warning: ${said}`);
  const deleted = await run(["delete", "lane", "bob"]);
  expect([deleted.code, deleted.stderr.split("\n").some((line) => line.startsWith(said))]).toEqual([1, true]);
  expect(there()).toEqual(theirs);
});

test("a pass that fails half way has said what it did", async () => {
  const {cluster, run} = await started(shop);
  cluster.onAsked = ({method, path}) =>
    method === "POST" && path.endsWith("/virtualservices") ? {status: 422, body: {message: "no"}} : undefined;
  const {code, stdout} = await run(["apply", "-f", "-"], text(group(), lane()));
  expect(code).toBe(1);
  const created = cluster.objects.filter(({kind}) => kind === "WasmPlugin");
  expect(created.length).toBeGreaterThan(1);
  for (const {metadata} of created) {
    expect(stdout).toContain(`wasmplugin.extensions.istio.io/${metadata.name} -n ${metadata.namespace} created\n`);
  }
});

test.each(["apply", "delete"])(
  "%s of a program older than the installation is refused with the remedy",
  async (verb) => {
    const {cluster, run} = await started(shop);
    cluster.objects.splice(cluster.objects.indexOf(installed), 1);
    cluster.objects.push(settingsObject({...settings, version: "99.0.0"}));
    const {code, stdout, stderr} = await run([verb, "-f", "-"], text(lane()));
    expect({code, stdout}).toEqual({code: 1, stdout: ""});
    expect(stderr).toMatch(/^meshlane: version 99\.0\.0 is installed, which is newer than this program, \d/);
    expect(stderr).toContain("Use meshlane 99.0.0 or later");
    expect(cluster.writes).toEqual([]);
  },
);

test("an apply that began before an upgrade writes none of the digests of before", async () => {
  const {cluster, run} = await started(shop);
  const digest = `sha256:${"b".repeat(64)}`;
  const digests = {inbound: digest, outbound: digest, edge: digest, "edge-response": digest};
  const upgraded = settingsObject({...settings, nativeSupported: false, digests});
  let first = true;
  cluster.onAsked = ({method, path}) => {
    if (method !== "POST" || !path.endsWith("/wasmplugins") || !first) return undefined;
    first = false;
    cluster.objects.splice(cluster.objects.indexOf(installed), 1);
    cluster.objects.push(upgraded);
    return {status: 409, body: {reason: "AlreadyExists"}};
  };
  expect(await run(["apply", "-f", "-"], text(group(), lane()))).toMatchObject({code: 0});
  const plugins = cluster.objects.filter(({kind}) => kind === "WasmPlugin");
  expect(plugins.length).toBeGreaterThan(1);
  for (const {spec} of plugins) expect(spec).toMatchObject({url: expect.stringContaining(digest) as string});
});

test("a status that somebody writes meanwhile does not stop delete; another spec or another object does", async () => {
  const versioned = (object: KubernetesObject, uid: string, resourceVersion: string): KubernetesObject => ({
    ...object,
    metadata: {...object.metadata, uid, resourceVersion},
  });
  const old = versioned(group(), "u-1", "1");
  const deleted = async (meanwhile: KubernetesObject) => {
    const {cluster, run} = await started([old]);
    let first = true;
    cluster.onAsked = ({method}) => {
      if (method !== "DELETE" || !first) return;
      first = false;
      cluster.objects.splice(cluster.objects.indexOf(old), 1, meanwhile);
    };
    const {code, stderr} = await run(["delete", "group", "shop"]);
    return {code, stderr, kept: cluster.objects.some(({kind}) => kind === "SwimLaneGroup")};
  };
  expect(await deleted({...versioned(group(), "u-1", "2"), status: {buckets: {}}})).toMatchObject({
    code: 0,
    kept: false,
  });
  const refused = {code: 1, kept: true, stderr: expect.stringContaining("was changed by somebody else") as string};
  expect(await deleted(versioned(group({services: ["other"]}), "u-1", "2"))).toMatchObject(refused);
  expect(await deleted(versioned(group(), "u-2", "2"))).toMatchObject(refused);
});

test("uninstall asks for its rights first: half of it would leave a mesh that no lane explains", async () => {
  const {cluster, run} = await started(shop);
  const crd = "swimlanes.meshlane.dev";
  const labels = {"app.kubernetes.io/managed-by": "meshlane"};
  cluster.objects.push({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {name: crd, labels},
  });
  await run(["apply", "-f", "-"], text(group(), lane()));
  cluster.writes.length = 0;
  cluster.denied = ["delete customresourcedefinitions"];
  const {code, stderr} = await run(["uninstall"]);
  expect({code, stderr}).toEqual({
    code: 1,
    stderr:
      "meshlane: you may not delete customresourcedefinitions.apiextensions.k8s.io. " +
      "Nothing was written: ask for a role with these rights\n",
  });
  expect(cluster.writes).toEqual([]);
  expect(await run(["uninstall", "--keep-crds"])).toMatchObject({code: 0});
  expect(cluster.objects.map(({metadata}) => metadata.name)).toContain(crd);
});

test.each([
  ["who may not list it", "", "ann may not list secrets in namespace meshlane-system. Ask for the right: verb list, "],
  ["whose API is away", "/secrets", "cannot list secrets in namespace meshlane-system: the API server answers 503. "],
])(
  "where something cannot be listed (%s), uninstall keeps its namespace, says so, and goes on",
  async (_name, away, why) => {
    const secrets = {apiVersion: "v1", kind: "Secret", plural: "secrets"};
    const own = await installationObjects({...settings, nativeSupported: false});
    const cluster = await FakeCluster.start([...shop, ...own], [...kinds, secrets]);
    const run = async (...args: string[]) => meshlane([...args, "--settle", "0s", ...(await cluster.flags())]);
    if (away === "") cluster.denied = ["list secrets"];
    else cluster.onAsked = ({path}) => (path.endsWith(away) ? {status: 503, body: {}} : undefined);
    const {code, stderr} = await run("uninstall");
    const lines = stderr.split("\n").filter((line) => line.startsWith("namespace "));
    expect({code, lines}).toEqual({code: 0, lines: [expect.stringContaining(why)]});
    expect(lines[0]).toContain("namespace meshlane-system stays");
    expect(lines[0]).toContain("kubectl delete namespace meshlane-system");
    const left = cluster.objects.filter(({kind}) => own.some((object) => object.kind === kind));
    expect(left.filter(({metadata}) => metadata.labels !== undefined && metadata.name.includes("meshlane"))).toEqual([
      expect.objectContaining({kind: "Namespace"}),
    ]);
    expect(await run("uninstall")).toMatchObject({code: 0, stdout: ""});
  },
);

test("uninstall asks for no right to delete lanes that stay with somebody else's CRDs", async () => {
  const {cluster, run} = await started(shop);
  const crds = (await installationObjects(settings)).filter(({kind}) => kind === "CustomResourceDefinition");
  cluster.objects.push(...crds.map((crd) => ({...crd, metadata: {name: crd.metadata.name}})));
  cluster.denied = ["delete swimlanes", "delete swimlanegroups"];
  expect(await run(["uninstall"])).toMatchObject({code: 0});
  expect(cluster.objects.some(({kind}) => kind === "SwimLane")).toBe(true);
});

test("uninstall refuses where a route of the user names what would go, and removes nothing; a dry run warns", async () => {
  const route = {service: "cart", delegate: "cart-lanes"};
  const delegating = group({entry: {gateways: ["istio-ingress/public"], routes: [route]}});
  const http = [{delegate: {name: "cart-lanes"}}];
  const root = virtualService("root", {hosts: ["shop.example.com"], gateways: ["istio-ingress/public"], http});
  const {cluster, run} = await started([...shop.filter(({kind}) => kind !== "SwimLaneGroup"), delegating, root]);
  expect(await run(["apply", "-f", "-"], text(lane()))).toMatchObject({code: 0});
  cluster.writes.length = 0;
  const why =
    "VirtualService shop/root delegates to shop/cart-lanes, which is to go: istiod would drop that route, and its clients get 404";
  const remedy = "take delegate: out of the route, or let it point elsewhere, and uninstall again";
  expect(await run(["uninstall"])).toEqual({
    code: 1,
    stdout: "",
    stderr: `meshlane: ${why}. Nothing was removed: ${remedy}\n`,
  });
  expect(cluster.writes).toEqual([]);
  const dry = await run(["uninstall", "--dry-run"]);
  expect(dry.code).toBe(0);
  expect(dry.stderr).toContain(
    `warning: ${why}. Before you uninstall, ${remedy.replace(", and uninstall again", "")}\n`,
  );
  expect(dry.stdout).toContain("virtualservice.networking.istio.io/cart-lanes -n shop deleted (dry run)\n");
  cluster.objects.splice(cluster.objects.indexOf(root), 1);
  expect(await run(["uninstall"])).toMatchObject({code: 0});
});
