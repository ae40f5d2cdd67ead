import {expect, test} from "vitest";
import {controllerRuns} from "../../../manager/controller/lease.ts";
import {settingsObject} from "../../../manager/controller/settings.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {FakeCluster, istioKinds, ourKinds} from "../cluster/fake-cluster.ts";
import {group, lane, namespace, service, settings, shop, virtualService} from "../controller/check/inspections.ts";
import {meshlane} from "./captured.ts";
import {withRegistry} from "./registry.ts";

const {registry} = withRegistry();
const text = (...objects: object[]) => objects.map((object) => JSON.stringify(object)).join("\n---\n");
const installed = settingsObject({...settings, nativeSupported: false});

const lease = (time = Date.now()): KubernetesObject => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: {name: "meshlane-controller", namespace: "meshlane-system"},
  spec: {renewTime: new Date(time).toISOString()},
});

test("the client's dry run writes nothing, and asks the server for no dry run either", async () => {
  const cluster = await FakeCluster.start([group(), lane()]);
  const changed = {...lane(), metadata: {...lane().metadata, name: "bob"}};
  const args = ["apply", "-f", "-", "--dry-run=client", ...(await cluster.flags())];
  const {code, stdout} = await meshlane(args, text(group(), changed));
  expect({code, stdout}).toEqual({
    code: 0,
    stdout:
      "swimlanegroup.meshlane.dev/shop -n shop unchanged (client dry run)\n" +
      "swimlane.meshlane.dev/bob -n shop created (client dry run)\n",
  });
  expect(cluster.writes).toEqual([]);
});

test.each([["--wait"], ["--adopt=cart"]])(
  "%s is refused where a controller runs, before anything is written",
  async (option) => {
    const cluster = await FakeCluster.start([...shop, installed, lease()]);
    const refused = await meshlane(["apply", "-f", "-", option, ...(await cluster.flags())], text(lane()));
    expect(refused).toMatchObject({code: 1, stdout: ""});
    expect(refused.stderr).toContain(
      `a controller runs in this cluster and lets the mesh follow, so ${option.slice(0, 6)}`,
    );
    expect(cluster.writes).toEqual([]);
    const plain = await meshlane(["apply", "-f", "-", ...(await cluster.flags())], text(lane()));
    expect(plain).toMatchObject({
      code: 0,
      stderr: "the controller lets the mesh follow: meshlane check says what it has done\n",
    });
  },
);

test("--wait does not wait for what has an error, which no time mends", async () => {
  const alias = {...service("cart--eve"), spec: {type: "ExternalName", externalName: "cart.example.com"}};
  const cluster = await FakeCluster.start([...shop, alias, installed], [...ourKinds, ...istioKinds]);
  const eve = {...lane({services: [{name: "cart", to: "cart--eve"}]}), metadata: {name: "eve", namespace: "shop"}};
  const args = ["apply", "-f", "-", "--wait=600s", "--settle=1ms", ...(await cluster.flags())];
  const {code, stderr} = await meshlane(args, text(eve));
  expect({code, stderr}).toMatchObject({code: 1, stderr: expect.stringContaining("is of type ExternalName") as string});
});

test.each(["apply", "diff"])(
  "%s --adopt with a name that no group has is wrong usage, and nothing is written",
  async (verb) => {
    const cluster = await FakeCluster.start([...shop, installed]);
    const args = [verb, "-f", "-", "--adopt", "basket", ...(await cluster.flags())];
    const {code, stderr} = await meshlane(args, text(lane()));
    expect({code, stderr}).toEqual({code: 2, stderr: "meshlane: service basket is in no group of the cluster\n"});
    expect(cluster.writes.filter((write) => !write.endsWith("(dry run)"))).toEqual([]);
  },
);

const elsewhere = {...lane(), metadata: {name: "elsewhere", namespace: "pay"}};
const inPay = (object: KubernetesObject) => ({...object, metadata: {...object.metadata, namespace: "pay"}});
const ofPay = [namespace("pay"), ...["cart", "cart--ann"].map((name) => service(name, {app: name}, "pay"))];
const theirs = ["one", "two"].map((name) =>
  virtualService(name, {hosts: ["cart"], http: [{route: [{destination: {host: "cart"}}]}]}),
);
const portless = {...service("cart"), spec: {selector: {app: "cart"}, ports: [{name: "tcp", port: 80}]}};

test.each([
  ["its host has two VirtualServices", [...shop, ...theirs], "shop/one \\(yours\\): is not the only one"],
  [
    "the Gateway of its group is gone",
    [...shop.filter(({kind}) => kind !== "Gateway"), theirs[0]!],
    "group shop/shop: enters at gateway istio-ingress/public",
  ],
  [
    "it has no HTTP port",
    [...shop.filter(({metadata}) => metadata.name !== "cart"), portless, theirs[0]!],
    "service shop/cart: has no HTTP port",
  ],
])("--adopt that cannot be done is an error, whoever's the lanes beside it are: %s", async (_why, objects, said) => {
  const cluster = await FakeCluster.start(
    [...objects, ...ofPay, inPay(group({entry: {}})), installed],
    [...ourKinds, ...istioKinds],
  );
  const args = ["apply", "-f", "-", "--settle=1ms", "--adopt", "shop/cart", ...(await cluster.flags())];
  const {code, stderr} = await meshlane(args, text(elsewhere));
  expect({code, stderr}).toEqual({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`^(\\w+ )?${said}`, "m")) as string,
  });
});

test("lanes of a registry are applied by their digest, and nothing is written where it has others", async () => {
  const cluster = await FakeCluster.start([group(), installed, lease()]);
  const place = `oci://${registry().host}/lanes/shop`;
  const pushed = await meshlane(["push", "-f", "-", `${place}:v1`, "-o", "json"], text(group(), lane()));
  const [{digest}] = JSON.parse(pushed.stdout) as [{digest: string}];
  const flags = await cluster.flags();
  const {metadata} = lane();
  expect(await meshlane(["apply", `${place}@${digest}`, ...flags])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`swimlane.meshlane.dev/${metadata.name} -n ${metadata.namespace} created\n`),
  });
  expect(cluster.objects).toContainEqual(expect.objectContaining({kind: "SwimLane", spec: lane().spec}));
  cluster.writes.length = 0;
  const other = registry().manifests.get("lanes/shop v1")!;
  registry().manifests.set(`lanes/shop ${digest}`, {...other, bytes: Buffer.concat([other.bytes, Buffer.from(" ")])});
  const refused = await meshlane(["apply", `${place}@${digest}`, ...flags]);
  expect(refused).toMatchObject({code: 1, stdout: "", stderr: expect.stringContaining("what came has the digest")});
  expect(cluster.writes).toEqual([]);
});

test("what is no reference is wrong usage, as of push, pull and verify", async () => {
  const {code, stderr} = await meshlane(["apply", "oci://bad"]);
  expect(code).toBe(2);
  expect(stderr).toContain("reference oci://bad: it names no repository");
});

test.each([
  ["a minute ago", -61_000, false],
  ["just now", 0, true],
  ["by a clock that is ahead a little", 240_000, true],
  ["in the far future", 3_600_000, false],
])("a controller whose Lease was renewed %s runs: %s ms, %s", async (_name, offset, runs) => {
  const cluster = await FakeCluster.start([lease(Date.now() + offset)]);
  expect(await controllerRuns(await cluster.api())).toBe(runs);
});

test.each([
  ["cart", "its host has no VirtualService of somebody else"],
  ["payment", "no lane overrides it"],
])("--adopt %s says that nothing was handed over, as %s", async (name, why) => {
  const objects = shop.filter(({kind}) => kind !== "SwimLaneGroup");
  const both = group({services: ["cart", "payment"]});
  const cluster = await FakeCluster.start(
    [...objects, both, service("payment"), installed],
    [...ourKinds, ...istioKinds],
  );
  const args = ["apply", "-f", "-", "--adopt", name, "--settle=1ms", ...(await cluster.flags())];
  const {code, stderr} = await meshlane(args, text(lane()));
  expect(code).toBe(1);
  expect(stderr).toContain(`--adopt shop/${name}: nothing was handed over, as ${why}\n`);
});

test("--adopt says nothing of its own of a service that is undecided, as why is said already", async () => {
  const theirs = virtualService("my-routes", {hosts: ["cart"], http: [{delegate: {name: "x"}}]});
  const cluster = await FakeCluster.start([...shop, theirs, installed], [...ourKinds, ...istioKinds]);
  const args = ["apply", "-f", "-", "--adopt", "cart", "--settle=1ms", ...(await cluster.flags())];
  const {code, stderr} = await meshlane(args, text(lane()));
  expect(code).toBe(1);
  expect(stderr).toContain("has delegates, whose routes we do not see in it");
  expect(stderr).not.toContain("nothing was handed over");
});
