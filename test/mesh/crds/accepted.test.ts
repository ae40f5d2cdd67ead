import {afterAll, beforeAll, expect, test} from "vitest";
import {parseAllDocuments} from "yaml";
import {swimLaneGroup} from "../../../manager/model/group.ts";
import {swimLane} from "../../../manager/model/lane.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {Server} from "./server.ts";

let server: Server;

beforeAll(async () => {
  server = await Server.open("crds-accepted");
});
afterAll(() => server.close());

const sample = await Server.text("samples", "shop.yaml");
const objects = parseAllDocuments(sample).map((document) => document.toJS() as KubernetesObject);

function there(object: KubernetesObject): Promise<KubernetesObject | undefined> {
  return server.mesh.api.read({...object, metadata: {...object.metadata, namespace: server.namespace}});
}

test("the sample shop is taken, with the defaults that the model fills in", async () => {
  expect(await server.kubectl(sample, "apply")).toMatchObject({ok: true});
  for (const object of objects) {
    const model = object.kind === "SwimLane" ? swimLane : swimLaneGroup;
    expect((await there(object))?.spec).toEqual(model.parse(object).spec);
  }
});

test("a group without a spec has all defaults", async () => {
  const object = {
    apiVersion: "meshlane.dev/v1alpha1",
    kind: "SwimLaneGroup",
    metadata: {name: "empty", namespace: "shop"},
  };
  const text = `apiVersion: meshlane.dev/v1alpha1\nkind: SwimLaneGroup\nmetadata: {name: empty, namespace: shop}\n`;
  expect(await server.kubectl(text, "apply")).toMatchObject({ok: true});
  expect((await there(object))?.spec).toEqual(swimLaneGroup.parse(object).spec);
});

test("an unknown field is reported by kubectl, and dropped by the server where nobody asked", async () => {
  const text = JSON.stringify({...named("SwimLane", "odd"), spec: {services: [{name: "cart", to: "c"}], wieght: 5}});
  expect((await server.kubectl(text, "create", "--dry-run=server")).said).toContain('unknown field "spec.wieght"');
  const {ok, said} = await server.kubectl(text, "create", "--dry-run=server", "--validate=false", "-o", "yaml");
  expect(ok).toBe(true);
  expect(said).not.toContain("wieght");
});

test("kubectl get shows what a lane is about", async () => {
  await server.kubectl(sample, "apply");
  const status = {conditions: [condition("Ready", "True", "All pods are ready")], url: "https://ann.shop.localhost"};
  await server.mesh.api.patch(named("SwimLane", "ann"), {status}, "status");
  const short = (await server.mesh.kubectl("get", "lane", "-n", server.namespace)).split("\n");
  expect(short[0]?.split(/\s{2,}/).map((cell) => cell.trim())).toEqual([
    "NAME",
    "GROUP",
    "OWNER",
    "WEIGHT",
    "READY",
    "EXPIRES",
    "AGE",
  ]);
  expect(short.find((line) => line.startsWith("ann "))).toMatch(/^ann +ann +0 +True/);
  const wide = await server.mesh.kubectl("get", "meshlane", "-n", server.namespace, "-o", "wide");
  expect(wide).toContain("https://ann.shop.localhost");
  expect(wide).toContain('["istio-ingress/public"]');
});

test("kubectl explain tells what a field is for", async () => {
  expect(await server.mesh.kubectl("explain", "swimlane.spec.match.headers")).toContain("Headers by their names");
  expect(await server.mesh.kubectl("explain", "slg.status.buckets")).toContain("10,000 buckets");
});

test("a group's status holds who owns which bucket, and nothing that is none", async () => {
  await server.kubectl(sample, "apply");
  const group = named("SwimLaneGroup", "shop");
  const buckets = {
    next: [
      [0, 1500],
      [2000, 500],
    ],
  };
  await server.mesh.api.patch(group, {status: {observedGeneration: 1, buckets}}, "status");
  expect((await server.mesh.api.read(group))?.status).toEqual({observedGeneration: 1, buckets});
  const wrong = server.mesh.api.patch(group, {status: {buckets: {next: [[0, 1, 2]]}}}, "status");
  await expect(wrong).rejects.toThrow(/status\.buckets\.next\[0\].*at most 2 items/);
});

test("a spec that is too large for the rules to be judged is refused by its size", async () => {
  const services = Array.from({length: 501}, (_, index) => `s${index}`);
  const text = JSON.stringify({...named("SwimLaneGroup", "large"), spec: {services}});
  expect((await server.kubectl(text, "create", "--dry-run=server")).said).toMatch(
    /spec\.services: Too many: 501: must have at most 500/,
  );
});

function named(kind: string, name: string): KubernetesObject {
  return {apiVersion: "meshlane.dev/v1alpha1", kind, metadata: {name, namespace: server.namespace}};
}

function condition(type: string, status: string, message: string): object {
  return {type, status, reason: "Test", message, lastTransitionTime: "2026-01-31T08:00:00Z", observedGeneration: 1};
}
