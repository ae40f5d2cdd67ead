import {expect, test} from "vitest";
import {settingsObject} from "../../../manager/controller/settings.ts";
import {FakeCluster, istioKinds, ourKinds} from "../cluster/fake-cluster.ts";
import {group, lane, settings, shop} from "../controller/check/inspections.ts";
import {meshlane} from "./captured.ts";
import {withRegistry} from "./registry.ts";

const {registry} = withRegistry();

const text = (...objects: object[]) => objects.map((object) => JSON.stringify(object)).join("\n---\n");

async function started(version = settings.version) {
  const installed = settingsObject({...settings, version, nativeSupported: false});
  const cluster = await FakeCluster.start([...shop, installed], [...ourKinds, ...istioKinds]);
  const flags = await cluster.flags();
  return {cluster, diff: (args: string[], input = "") => meshlane(["diff", ...args, ...flags], input)};
}

test("a file without lane or group is an error, and no absence of differences", async () => {
  const {diff} = await started();
  expect(await diff(["-f", "-"], "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n")).toEqual({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("there is no lane and no group in it. Is it the right file?\n") as string,
  });
});

test("-n that is not the object's namespace is refused, as by apply and delete", async () => {
  const {cluster, diff} = await started();
  const message = "meshlane: SwimLane ann says namespace shop, but -n says other\n";
  expect(await diff(["-f", "-", "-n", "other"], text(lane()))).toEqual({code: 2, stdout: "", stderr: message});
  for (const verb of ["apply", "delete"]) {
    const args = [verb, "-f", "-", "-n", "other", ...(await cluster.flags())];
    expect(await meshlane(args, text(lane()))).toEqual({code: 2, stdout: "", stderr: message});
  }
  expect(cluster.writes).toEqual([]);
});

test("lanes of a registry are compared as those of a file", async () => {
  const {diff} = await started();
  const place = `oci://${registry().host}/lanes/shop`;
  const pushed = await meshlane(["push", "-f", "-", `${place}:v1`, "-o", "json"], text(group(), lane()));
  const [{digest}] = JSON.parse(pushed.stdout) as [{digest: string}];
  const ofFile = await diff(["-f", "-"], text(group(), lane()));
  expect(ofFile).toMatchObject({code: 1, stdout: expect.stringContaining("+++ applied/VirtualService/shop") as string});
  expect(await diff([`${place}@${digest}`])).toEqual(ofFile);
});

test("a program older than the installation is warned of, and compares nevertheless", async () => {
  const {diff} = await started("99.0.0");
  const {code, stderr} = await diff(["-f", "-"], text(group(), lane()));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^warning: version 99\.0\.0 is installed, which is newer than this program, /);
});
