import {expect, test} from "vitest";
import {type ClusterState, readState} from "../../../manager/controller/cluster-state.ts";
import {pass, type Task} from "../../../manager/controller/pass.ts";
import {type KubernetesObject, managedBy} from "../../../manager/model/kubernetes.ts";
import {PART} from "../../../manager/render/istio/options.ts";
import {FakeCluster, ourKinds} from "../cluster/fake-cluster.ts";

const kinds = [...ourKinds, {apiVersion: "networking.istio.io/v1", kind: "VirtualService", plural: "virtualservices"}];

const lane = (name: string): KubernetesObject => ({
  apiVersion: "meshlane.dev/v1alpha1",
  kind: "SwimLane",
  metadata: {name, namespace: "shop"},
  spec: {services: [{name: "cart", to: `cart--${name}`}]},
});

const derived = (name: string) => ({
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: {name, namespace: "shop", labels: {...managedBy, [PART]: "routes"}},
  spec: {hosts: [name]},
});

/** For each lane one object, nothing else. */
function decide({lanes, live}: ClusterState): Task<undefined> {
  const names = new Set(lanes.map(({metadata}) => metadata.name));
  const writes = [
    ...[...names].map((name) => ({put: derived(name)})),
    ...live.filter(({metadata}) => !names.has(metadata.name)).map((object) => ({delete: object})),
  ];
  return {aim: undefined, owners: {}, stages: [{title: "all", writes, waitAfter: false}]};
}

const options = {istioNamespace: "istio-system", settleMs: 0, timeoutMs: 1000, progress: () => {}};

/** Names of what was derived, after a pass in the course of whose first write `meanwhile` happens. */
async function passed(objects: KubernetesObject[], meanwhile: (cluster: FakeCluster) => void): Promise<string[]> {
  const cluster = await FakeCluster.start(objects, kinds);
  let first = true;
  cluster.onAsked = ({method}) => {
    if (method === "GET" || !first) return;
    first = false;
    meanwhile(cluster);
  };
  await pass(await cluster.api(), decide, options);
  return cluster.objects
    .filter(({kind}) => kind === "VirtualService")
    .map(({metadata}) => metadata.name)
    .sort();
}

test("a lane that somebody writes while its objects are being removed has them when the pass is over", async () => {
  expect(await passed([lane("ann"), derived("ann"), derived("bob")], ({objects}) => objects.push(lane("bob")))).toEqual(
    ["ann", "bob"],
  );
});

test("a lane that somebody deletes while its objects are being written has none when the pass is over", async () => {
  const away = ({objects}: FakeCluster) =>
    void objects.splice(
      objects.findIndex(({kind}) => kind === "SwimLane"),
      1,
    );
  expect(await passed([lane("ann")], away)).toEqual([]);
});

test("whoever keeps changing lanes does not keep a pass from ending, and it does not end as if all were there", async () => {
  const cluster = await FakeCluster.start([lane("ann")], kinds);
  let count = 0;
  cluster.onAsked = ({method}) => {
    if (method !== "GET") cluster.objects.push(lane(`lane-${count++}`));
  };
  const ended = pass(await cluster.api(), decide, {...options, timeoutMs: 0});
  await expect(ended).rejects.toThrow("others changed lanes while each of 8 tries wrote what they need");
}, 60_000);

test("a pass goes on, while its time lasts, however often others were faster", async () => {
  const cluster = await FakeCluster.start([lane("ann")], kinds);
  const answer = {status: 409, body: {kind: "Status", reason: "Conflict", message: "changed by somebody else"}};
  let refused = 0;
  cluster.onAsked = ({method}) => (method !== "GET" && refused < 9 ? (refused++, answer) : undefined);
  await pass(await cluster.api(), decide, {...options, timeoutMs: 60_000});
  expect([refused, cluster.objects.map(({kind}) => kind)]).toEqual([9, ["SwimLane", "VirtualService"]]);
}, 60_000);

test("what was read a moment ago is not read again before the first write", async () => {
  const cluster = await FakeCluster.start([lane("ann")], kinds);
  const api = await cluster.api();
  const state = await readState(api);
  const asked: string[] = [];
  cluster.onAsked = ({method}) => void asked.push(method);
  await pass(api, decide, {...options, state});
  expect(asked[0]).toBe("POST");
});

test("of what somebody wrote since it was read, nothing is undone", async () => {
  const cluster = await FakeCluster.start([lane("ann"), lane("bob"), derived("bob")], kinds);
  const api = await cluster.api();
  const state = await readState(api);
  // Bob's owner has taken it away, and somebody else has asked for it again, since.
  const stale = {...state, lanes: state.lanes.filter(({metadata}) => metadata.name !== "bob")};
  const bob = state.live[0]!;
  await api.replace({...bob, metadata: {...bob.metadata, labels: {...bob.metadata.labels, again: "yes"}}});
  await pass(api, decide, {...options, state: stale});
  const names = cluster.objects.filter(({kind}) => kind === "VirtualService").map(({metadata}) => metadata.name);
  expect(names.sort()).toEqual(["ann", "bob"]);
});

test("what somebody removes after it was read is made again, though nothing was to be written", async () => {
  const cluster = await FakeCluster.start([lane("ann"), derived("ann")], kinds);
  const api = await cluster.api();
  const state = await readState(api);
  cluster.objects.splice(1);
  await pass(api, decide, {...options, state});
  expect(cluster.objects.map(({kind}) => kind).sort()).toEqual(["SwimLane", "VirtualService"]);
});

test("what somebody writes for a lane that has been deleted since is removed, though nothing was to be written", async () => {
  const cluster = await FakeCluster.start([], kinds);
  const api = await cluster.api();
  const state = await readState(api);
  cluster.objects.push(derived("ann"));
  await pass(api, decide, {...options, state});
  expect(cluster.objects).toEqual([]);
});
