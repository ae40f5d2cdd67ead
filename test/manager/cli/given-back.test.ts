import {expect, test} from "vitest";
import {settingsObject} from "../../../manager/controller/settings.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {FakeCluster, istioKinds, ourKinds} from "../cluster/fake-cluster.ts";
import {lane, settings, shop, virtualService} from "../controller/check/inspections.ts";
import {meshlane} from "./captured.ts";

const installed = settingsObject({...settings, nativeSupported: false});
const own = {route: [{destination: {host: "cart"}}]};
const vip = {match: [{headers: {"x-swimlane": {exact: "vip"}}}], route: [{destination: {host: "vip.example.com"}}]};

/** A cluster in which the VirtualService is handed over. */
async function handedOver(theirs: KubernetesObject) {
  const cluster = await FakeCluster.start([...shop, theirs, installed], [...ourKinds, ...istioKinds]);
  const flags = ["--settle=1ms", ...(await cluster.flags())];
  const index = () => cluster.objects.findIndex(({metadata}) => metadata.name === theirs.metadata.name);
  expect(await meshlane(["apply", "-f", "-", "--adopt", "cart", ...flags], JSON.stringify(lane()))).toMatchObject({
    code: 0,
  });
  expect(JSON.stringify(cluster.objects[index()]!.spec)).toContain("cart--ann");
  return {cluster, flags, index};
}

/** Without what the API server says of itself. */
function byOwner({metadata, ...rest}: KubernetesObject): object {
  const {name, namespace, labels, annotations} = metadata;
  return {...rest, metadata: {name, namespace, ...(labels && {labels}), ...(annotations && {annotations})}};
}

test("uninstall gives back a route of the owner's that matches the context itself", async () => {
  const theirs = virtualService("my-routes", {hosts: ["cart"], http: [vip, own]});
  const {cluster, flags, index} = await handedOver(theirs);
  expect(await meshlane(["uninstall", ...flags])).toMatchObject({code: 0});
  expect(byOwner(cluster.objects[index()]!)).toEqual(theirs);
});

test("uninstall takes our annotations off what its owner has applied again, and nothing else", async () => {
  const theirs = virtualService("my-routes", {hosts: ["cart"], http: [own]});
  const {cluster, flags, index} = await handedOver(theirs);
  const labels = {"app.kubernetes.io/managed-by": "Helm"};
  const spec = {hosts: ["cart"], http: [vip, {...own, timeout: "3s"}]};
  const {metadata, ...rest} = cluster.objects[index()]!;
  cluster.objects[index()] = {...rest, metadata: {...metadata, labels: {...metadata.labels, ...labels}}, spec};
  expect(await meshlane(["uninstall", ...flags])).toMatchObject({code: 0});
  expect(byOwner(cluster.objects[index()]!)).toEqual({...theirs, metadata: {...theirs.metadata, labels}, spec});
});

test("what is handed over anew without the managed-by that it had is given back without it", async () => {
  const theirs = virtualService("my-routes", {hosts: ["cart"], http: [own]});
  const helms = {...theirs, metadata: {...theirs.metadata, labels: {"app.kubernetes.io/managed-by": "Helm"}}};
  const {cluster, flags, index} = await handedOver(helms);
  const {metadata, ...rest} = cluster.objects[index()]!;
  const {"app.kubernetes.io/managed-by": _, ...labels} = metadata.labels!;
  cluster.objects[index()] = {...rest, metadata: {...metadata, labels}, spec: theirs.spec};
  const again = ["apply", "-f", "-", "--adopt", "cart", ...flags];
  expect(await meshlane(again, JSON.stringify(lane()))).toMatchObject({code: 0});
  expect(await meshlane(["uninstall", ...flags])).toMatchObject({code: 0});
  expect(byOwner(cluster.objects[index()]!)).toEqual(theirs);
});

test("uninstall does not stop at an annotation that nobody can read", async () => {
  const theirs = virtualService("my-routes", {hosts: ["cart"], http: [own]});
  const {cluster, flags, index} = await handedOver(theirs);
  const {metadata, ...rest} = cluster.objects[index()]!;
  const annotations = {...metadata.annotations, "meshlane.dev/original": "{"};
  cluster.objects[index()] = {...rest, metadata: {...metadata, annotations}};
  expect(await meshlane(["uninstall", ...flags])).toMatchObject({code: 0});
  expect(byOwner(cluster.objects[index()]!)).toEqual(theirs);
});
