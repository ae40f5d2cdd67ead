import {expect, test} from "vitest";
import {install, installationObjects} from "../../../manager/controller/installation.ts";
import {settingsObject} from "../../../manager/controller/settings.ts";
import {uninstall} from "../../../manager/controller/uninstall.ts";
import {customResourceDefinitions} from "../../../manager/model/generated.ts";
import {type KubernetesObject, managedBy} from "../../../manager/model/kubernetes.ts";
import {FakeCluster, ourKinds} from "../cluster/fake-cluster.ts";
import {group, lane, settings} from "./check/inspections.ts";

interface Crd extends KubernetesObject {
  readonly spec: {readonly versions: readonly object[]};
}

/** As somebody else wrote them. */
const foreignCrds = (customResourceDefinitions() as Crd[]).map(({metadata: {name}, ...crd}) => ({
  ...crd,
  metadata: {name},
}));
const crdsOf = (objects: readonly KubernetesObject[]) =>
  objects.filter(({kind}) => kind === "CustomResourceDefinition").map(({metadata}) => metadata.name);
const options = {istioNamespace: "istio-system", settleMs: 0, timeoutMs: 1000, keepCrds: false};

const virtualServices = [
  ...ourKinds,
  {apiVersion: "networking.istio.io/v1", kind: "VirtualService", plural: "virtualservices"},
];

const ourRoute: KubernetesObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: {name: "cart", namespace: "shop", labels: {...managedBy, "meshlane.dev/part": "routes"}},
  spec: {},
};

test("CRDs of somebody else stay as they are, with a warning where they are of another version", async () => {
  const [someCrd, ...otherCrds] = foreignCrds;
  const foreign = {...someCrd!, spec: {...someCrd!.spec, versions: [{name: "v1alpha1", schema: {}}]}};
  const established = {conditions: [{type: "Established", status: "True"}]};
  const cluster = await FakeCluster.start([foreign, ...otherCrds].map((crd) => ({...crd, status: established})));
  const lines: string[] = [];
  const changed: KubernetesObject[] = [];
  const warn = (line: string): void => void lines.push(line);
  const onChange = ({object}: {object: KubernetesObject}): void => void changed.push(object);
  await install(await cluster.api(), await installationObjects(settings), {dryRun: false, warn, onChange});
  expect(crdsOf(changed)).toEqual([]);
  expect(cluster.writes.filter((write) => write.includes("customresourcedefinitions"))).toEqual([]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`CRD ${foreign.metadata.name} is not of this version`);
});

test("uninstall leaves CRDs of somebody else, and the lanes and groups that they hold", async () => {
  const cluster = await FakeCluster.start([...foreignCrds, settingsObject(settings), group(), lane()]);
  const lines: string[] = [];
  await uninstall(await cluster.api(), {...options, progress: (line) => void lines.push(line)});
  expect(cluster.objects.map(({kind}) => kind).sort()).toEqual([
    "CustomResourceDefinition",
    "CustomResourceDefinition",
    "SwimLane",
    "SwimLaneGroup",
  ]);
  expect(lines).toContain("CRD swimlanes.meshlane.dev is somebody else's: it stays, and each SwimLane with it");
});

test("what an apply writes while uninstall runs goes too", async () => {
  const own = (await installationObjects(settings)).filter(({kind}) => kind !== "Namespace");
  const cluster = await FakeCluster.start([...own, group(), lane()], virtualServices);
  cluster.onAsked = ({method, path}) => {
    if (method === "DELETE" && path.includes("/swimlanegroups/")) cluster.objects.push(ourRoute);
  };
  await uninstall(await cluster.api(), {...options, progress: () => {}});
  expect(cluster.writes.some((write) => write.includes("/virtualservices/cart"))).toBe(true);
  expect(cluster.objects).toEqual([]);
});

test("where lanes stay, so does who owns which bucket", async () => {
  const owned = {...group(), status: {buckets: {next: [[0, 2000]]}}};
  const cluster = await FakeCluster.start([settingsObject(settings), owned, lane()]);
  await uninstall(await cluster.api(), {...options, keepCrds: true, progress: () => {}});
  expect(cluster.objects.find(({kind}) => kind === "SwimLaneGroup")?.status).toEqual(owned.status);
});
