import {expect, test} from "vitest";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {connect} from "../../../manager/cluster/connect.ts";
import {FakeApi, kubeconfigFile, kubeconfigOf} from "./fake-api.ts";

const lane: KubernetesObject = {
  apiVersion: "meshlane.dev/v1alpha1",
  kind: "SwimLane",
  metadata: {name: "ann", namespace: "shop", uid: "u-1", resourceVersion: "7"},
  spec: {},
};

const status = (code: number, message: string, reason = "") => ({
  status: code,
  body: {kind: "Status", message, reason},
});

test("a list is read page by page, and its items say what they are", async () => {
  const fake = await FakeApi.start(({query}) => {
    const last = query.get("continue") === "more";
    return {body: {metadata: last ? {} : {continue: "more"}, items: [{metadata: {name: last ? "bob" : "ann"}}]}};
  });
  const {api} = await fake.connect();
  expect(await api.list(lane)).toEqual([
    {apiVersion: lane.apiVersion, kind: "SwimLane", metadata: {name: "ann"}},
    {apiVersion: lane.apiVersion, kind: "SwimLane", metadata: {name: "bob"}},
  ]);
  expect(fake.asked.map(({query}) => query.get("limit"))).toEqual(["500", "500"]);
});

test("who asks for metadata only says so, and gets none where the server has no list", async () => {
  const fake = await FakeApi.start(() => ({body: {items: null}}));
  const {api} = await fake.connect();
  expect(await api.list(lane, {metadataOnly: true})).toEqual([]);
  expect(fake.asked.at(-1)!.headers.accept).toMatch(/as=PartialObjectMetadataList/);
});

test("a list whose next page is gone is begun again", async () => {
  let expired = false;
  const fake = await FakeApi.start(({query}) => {
    if (query.get("continue") === null) return {body: {metadata: {continue: "more"}, items: [{metadata: {name: "a"}}]}};
    if (expired) return {body: {items: [{metadata: {name: "b"}}]}};
    expired = true;
    return status(410, "too old");
  });
  const {api} = await fake.connect();
  expect((await api.list(lane)).map(({metadata}) => metadata.name)).toEqual(["a", "b"]);
});

test("of a kind that the server does not know there are no objects, and none can be written", async () => {
  const fake = await FakeApi.start(() => ({}));
  const {api} = await fake.connect();
  const foreign = {...lane, apiVersion: "networking.istio.io/v1", kind: "VirtualService"};
  expect(await api.list(foreign)).toEqual([]);
  expect(await api.get(foreign)).toBeUndefined();
  await expect(api.create(foreign)).rejects.toThrow("the cluster has no VirtualService of networking.istio.io/v1");
  await expect(api.create({...lane, kind: "SwimLaneGroup"})).rejects.toThrow("Run meshlane install");
  expect(fake.asked).toEqual([]);
});

test("a deletion names the object that was read, and the server can read that", async () => {
  const fake = await FakeApi.start(() => ({}));
  const {api} = await fake.connect();
  await api.delete(lane);
  expect(fake.asked[0]).toMatchObject({
    method: "DELETE",
    path: "/apis/meshlane.dev/v1alpha1/namespaces/shop/swimlanes/ann",
    body: {preconditions: {uid: "u-1", resourceVersion: "7"}},
  });
});

test("what is created names no version of something before", async () => {
  const fake = await FakeApi.start(() => ({}));
  const {api} = await fake.connect();
  await api.create(lane, {dryRun: true});
  expect(fake.asked[0]!.body).toMatchObject({metadata: {name: "ann", namespace: "shop"}});
  expect(JSON.stringify(fake.asked[0]!.body)).not.toContain("resourceVersion");
  expect(fake.asked[0]!.query.get("dryRun")).toBe("All");
});

test("a right that is missing is named as one asks for it", async () => {
  const message =
    'swimlanes.meshlane.dev is forbidden: User "ann" cannot update resource "swimlanes" in API group "meshlane.dev"';
  const fake = await FakeApi.start(() => status(403, message, "Forbidden"));
  const {api} = await fake.connect();
  await expect(api.replace(lane)).rejects.toMatchObject({
    reason: "Forbidden",
    message:
      'ann may not update swimlanes.meshlane.dev in namespace shop. Ask for the right: verb update, resource swimlanes, API group "meshlane.dev", in namespace shop',
  });
});

test("what admission refuses is no missing right", async () => {
  const fake = await FakeApi.start(() => status(403, "exceeded quota: lanes", "Forbidden"));
  const {api} = await fake.connect();
  await expect(api.create(lane)).rejects.toThrow(
    "cannot create swimlanes.meshlane.dev shop/ann: exceeded quota: lanes",
  );
});

test("credentials that are not taken are said without them", async () => {
  const fake = await FakeApi.start(() => status(401, "Unauthorized"));
  const {api, place} = await fake.connect();
  const refused = api.get(lane);
  await expect(refused).rejects.toThrow(`the API server ${fake.url} does not accept the credentials of ${place.from}`);
  await expect(refused).rejects.not.toThrow("the-secret-token");
});

test("a server that is not there is named with the kubeconfig that names it", async () => {
  const file = await kubeconfigFile(kubeconfigOf("http://127.0.0.1:1"));
  const {api} = connect({kubeconfig: file, env: {}});
  await expect(api.get(lane)).rejects.toThrow(
    `cannot reach the API server http://127.0.0.1:1 (context main of ${file}): ECONNREFUSED: nothing listens there`,
  );
});

test("a question is asked again where the server is busy or hangs up; a change only where nothing can have happened", async () => {
  let times = 0;
  const fake = await FakeApi.start(({method}) => {
    times++;
    if (method === "PUT") return times === 1 ? {...status(429, "busy"), headers: {"retry-after": "0"}} : "hang up";
    return times < 3 ? (times === 1 ? "hang up" : status(503, "starting")) : {body: lane};
  });
  const {api} = await fake.connect();
  expect(await api.get(lane)).toEqual(lane);
  expect(times).toBe(3);
  times = 0;
  await expect(api.replace(lane)).rejects.toMatchObject({reason: "Unreachable"});
  expect(times).toBe(2);
});

test.each([
  ["of the form of older servers", {kind: "APIGroupList", groups: []}],
  ["without any kind", {items: []}],
])("discovery %s is an error, not a cluster without objects", async (_name, discovery) => {
  const fake = await FakeApi.start(() => ({}), discovery);
  const {api, place} = await fake.connect();
  const message = `the API server ${fake.url} (${place.from}) does not tell which kinds it has`;
  await expect(api.list(lane)).rejects.toThrow(message);
  expect(fake.asked).toEqual([]);
});

test("discovery is asked for in each aggregated form that Kubernetes has had", async () => {
  const fake = await FakeApi.start(() => ({body: {items: []}}));
  await (await fake.connect()).api.list(lane);
  expect(fake.discoveries.map(({path}) => path).sort()).toEqual(["/api", "/apis"]);
  for (const {headers} of fake.discoveries) expect(headers.accept).toMatch(/v=v2;.*v=v2beta1;.*,application\/json$/);
});
