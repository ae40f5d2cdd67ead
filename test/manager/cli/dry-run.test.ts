import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {settingsObject} from "../../../manager/controller/settings.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {FakeCluster, istioKinds, ourKinds} from "../cluster/fake-cluster.ts";
import {group, lane, settings, shop} from "../controller/check/inspections.ts";
import {StandIn} from "../image/stand-in.ts";
import {meshlane} from "./captured.ts";
import {version} from "./registry.ts";

const text = (...objects: object[]) => objects.map((object) => JSON.stringify(object)).join("\n---\n");
const bob = {...lane(), metadata: {name: "bob", namespace: "shop"}};
const binding: KubernetesObject = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: {name: "meshlane-reader", namespace: "meshlane-system"},
};

let registry: StandIn;
beforeAll(async () => {
  registry = await StandIn.start();
});
afterAll(() => registry.stop());

/** The shop with its lanes applied, or nothing of Meshlane but the settings. */
async function started({applied = true} = {}) {
  const installed = settingsObject({...settings, version, nativeSupported: false, registry: `${registry.host}/mesh`});
  const cluster = await FakeCluster.start([...shop, installed], [...ourKinds, ...istioKinds]);
  const flags = await cluster.flags();
  const run = (args: string[], input = "") =>
    meshlane([...args, ...(args[0] === "install" ? [] : ["--settle", "0s"]), ...flags], input);
  if (applied) await run(["apply", "-f", "-"], text(group(), lane()));
  cluster.writes.length = 0;
  return {cluster, run};
}

describe("a dry run writes nothing, and says of each line that it is one:", () => {
  test.each([
    [["apply", "-f", "-", "--dry-run=server"], "(server dry run)"],
    [["apply", "-f", "-", "--dry-run=client"], "(client dry run)"],
    [["delete", "lane", "ann", "--dry-run"], "(dry run)"],
    [["uninstall", "--dry-run"], "(dry run)"],
    [["upgrade", "--dry-run"], "(dry run)"],
    [["install", "--dry-run"], "(dry run)"],
  ])("%j", async (args, said) => {
    const {cluster, run} = await started();
    const before = structuredClone(cluster.objects);
    const {code, stdout} = await run(args, text(bob));
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => !line.endsWith(` ${said}`))).toEqual([]);
    expect(cluster.writes.filter((write) => !write.endsWith(" (dry run)"))).toEqual([]);
    expect(cluster.objects).toEqual(before);
  });
});

test("uninstall says each object that it takes away", async () => {
  const {cluster, run} = await started();
  const ours = cluster.objects.filter(({metadata}) => metadata.labels?.["app.kubernetes.io/managed-by"] === "meshlane");
  const {code, stdout} = await run(["uninstall"]);
  expect(code).toBe(0);
  expect(ours.length).toBeGreaterThan(3);
  for (const {kind, metadata} of ours) {
    const place = metadata.namespace === undefined ? "" : ` -n ${metadata.namespace}`;
    const line = new RegExp(`^${kind.toLowerCase()}[\\w.]*/${metadata.name}${place} deleted$`, "m");
    expect(stdout).toMatch(line);
  }
  expect(stdout).toContain("swimlane.meshlane.dev/ann -n shop deleted\n");
});

test("apply -o json prints the lanes and groups, and nothing else", async () => {
  const {run} = await started({applied: false});
  const {code, stdout} = await run(["apply", "-f", "-", "-o", "json"], text(group(), lane()));
  expect(code).toBe(0);
  const {items} = JSON.parse(stdout) as {items: KubernetesObject[]};
  expect(items.map(({kind, metadata}) => `${kind} ${metadata.name}`)).toEqual(["SwimLaneGroup shop", "SwimLane ann"]);
});

test("install finds an object of our namespace that is somebody else's before the first write", async () => {
  const {cluster, run} = await started();
  cluster.objects.push(binding);
  const {code, stderr} = await run(["install"]);
  expect({code, writes: cluster.writes}).toEqual({code: 1, writes: []});
  expect(stderr).toContain("RoleBinding meshlane-system/meshlane-reader is there already, without our label");
});

test("upgrade leaves an object of a lane that is somebody else's as it is, and says so", async () => {
  const {cluster, run} = await started();
  const index = cluster.objects.findIndex(({metadata}) => metadata.name === "meshlane-outbound");
  const plugin = cluster.objects[index]!;
  const theirs = {...plugin, metadata: {...plugin.metadata, labels: {}}};
  cluster.objects[index] = theirs;
  const {code, stderr} = await run(["upgrade"]);
  expect([code, cluster.objects.includes(theirs)]).toEqual([0, true]);
  expect(stderr).toContain("warning: WasmPlugin shop/meshlane-outbound: has a name of ours, but not the label");
});

test.each(["install", "upgrade"])("%s asks for its rights before the first write", async (verb) => {
  const {cluster, run} = await started();
  cluster.denied = ["patch configmaps"];
  const {code, stderr} = await run([verb]);
  expect({code, writes: cluster.writes}).toEqual({code: 1, writes: []});
  expect(stderr).toContain("you may not patch configmaps in namespace meshlane-system. Nothing was written");
});
