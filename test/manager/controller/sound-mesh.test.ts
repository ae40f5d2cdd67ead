import {expect, test} from "vitest";
import {soundMesh} from "../../../manager/controller/cluster-mesh.ts";
import {checkFiles} from "../../../manager/controller/lane-files.ts";
import {supposing} from "../../../manager/controller/store.ts";
import {desired} from "../../../manager/controller/desired.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {steps} from "../../../manager/render/istio/steps.ts";
import {applied, gateway, group, lane, settings, shop, stateOf, virtualService} from "./check/inspections.ts";

const since = (object: KubernetesObject, name: string, creationTimestamp: string): KubernetesObject => ({
  ...object,
  metadata: {...object.metadata, name, creationTimestamp},
});
const old = "2026-01-01T00:00:00Z";
const young = "2026-06-01T00:00:00Z";

test.each(["aaa", "zzz"])("of two that claim one thing the younger is left out, whatever their names: %s", (late) => {
  const weighted = (name: string, time: string) => since(lane({weight: 60}), name, time);
  const {mesh} = soundMesh([group(), weighted(late, young), weighted("next", old)]);
  expect(mesh.lanes.map(({metadata}) => metadata.name)).toEqual(["next"]);
  const entered = (name: string, time: string) => since(group({services: ["cart"], entry: {}}), name, time);
  const {mesh: groups} = soundMesh([entered(late, young), entered("next", old)]);
  expect(groups.groups.map(({metadata}) => metadata.name)).toEqual(["next"]);
});

test.each([
  ["claims what an older one has", {entry: {hosts: ["x.example.com", "y.example.com"]}}],
  ["is broken by itself", {entry: {hosts: ["y.example.com"]}, strict: ["nothing"]}],
])("a group that is left out, as it %s, claims nothing from younger ones", (_why, spec) => {
  const entered = (name: string, {entry, ...more}: {entry: object}, time: string) =>
    since(group({services: [name], entry: {gateways: ["istio-ingress/public"], ...entry}, ...more}), name, time);
  const first = entered("first", {entry: {hosts: ["x.example.com"]}}, old);
  const later = entered("later", {entry: {hosts: ["y.example.com"]}}, young);
  const {mesh, problems} = soundMesh([later, entered("bad", spec, "2026-03-01T00:00:00Z"), first]);
  expect(mesh.groups.map(({metadata}) => metadata.name)).toEqual(["first", "later"]);
  expect(new Set(problems.map(({object}) => object))).toEqual(new Set(["group bad"]));
});

test("a lane's name is the older one's, in whatever namespace; its file is not to blame for a younger one", () => {
  const elsewhere = {
    ...since(lane(), "ann", young),
    metadata: {name: "ann", namespace: "aaa", creationTimestamp: young},
  };
  const cluster = [elsewhere, group(), since(lane(), "ann", old)];
  const file = (object: KubernetesObject) => [{name: "ann.json", text: JSON.stringify(object)}];
  const same = checkFiles(file(lane()), cluster, "shop");
  expect(same.problems.map(({severity, file}) => `${severity} ${file}`)).toEqual([
    "warning SwimLane aaa/ann in the cluster",
  ]);
  const third = checkFiles(file({...lane(), metadata: {name: "ann", namespace: "zzz"}}), cluster, "zzz");
  expect(third.problems.map(({severity, file}) => `${severity} ${file}`)).toContain("error ann.json");
});

test("what a new object's file says of its age does not count: the server will give it one", () => {
  const entered = (name: string, time: string) => since(group({services: ["cart"], entry: {}}), name, time);
  const text = JSON.stringify(entered("mine", "2020-01-01T00:00:00Z"));
  const {problems} = checkFiles([{name: "mine.json", text}], [entered("theirs", old)], "shop");
  expect(problems.map(({file}) => file)).toEqual(["mine.json"]);
});

test("a lane of the cluster that names none of several groups does not keep another group from being applied", () => {
  const [first, second, third] = ["a", "b", "c"].map((name) => group({services: [name], entry: {}}, name));
  const cluster = [first!, second!, lane({services: [{name: "a", to: "a--ann"}]})];
  const {problems} = checkFiles([{name: "c.json", text: JSON.stringify(third)}], cluster, "shop");
  expect(problems.map(({severity, object}) => `${severity} ${object}`)).toEqual(["warning lane ann"]);
});

test("a fallback that is gone is left out of its lane, and the lane stays", () => {
  const bob = since(lane({fallback: ["gone", "ann"]}), "bob", old);
  const {mesh, problems} = soundMesh([group(), lane(), bob]);
  expect(mesh.lanes.map(({metadata, spec}) => [metadata.name, spec.fallback])).toEqual([
    ["ann", []],
    ["bob", ["ann"]],
  ]);
  expect(problems.map(({severity, message}) => `${severity}: ${message}`)).toEqual([
    'warning: there is no lane "gone" to fall back to',
  ]);
});

test("a fallback is judged among those lanes that are fit for use, and not beside one that is left out", () => {
  const inPay = (object: KubernetesObject) => ({...object, metadata: {...object.metadata, namespace: "pay"}});
  const bad = group({entry: {services: ["none"]}}, "bad");
  const objects = [
    bad,
    inPay(group({entry: {}}, "pay")),
    since(lane({group: "bad"}), "next", old),
    inPay(since(lane(), "next", young)),
    inPay(since(lane({fallback: ["next"]}), "ann", young)),
  ];
  const {mesh, problems} = soundMesh(objects);
  expect(mesh.lanes.map(({metadata, spec}) => [metadata.namespace, metadata.name, spec.fallback])).toEqual([
    ["pay", "ann", ["next"]],
    ["pay", "next", []],
  ]);
  expect(new Set(problems.map(({file}) => file))).toEqual(
    new Set(["SwimLaneGroup shop/bad in the cluster", "SwimLane shop/next in the cluster"]),
  );
});

test("a group that is broken has its routes removed before its guards, and keeps its buckets", () => {
  const state = stateOf(applied(shop));
  const broken = state.groups.map((object) => ({...object, spec: {...(object.spec as object), services: "cart"}}));
  const buckets = {next: [[0, 2000]]};
  const groups = broken.map((one) => ({...one, status: {buckets}}));
  const {rendering, plan} = desired({...state, groups}, settings, []);
  const stages = steps(rendering.objects, state.live, rendering.kept);
  const at = (name: string) =>
    stages.findIndex(({writes}) =>
      writes.some((write) => "delete" in write && write.delete.metadata.name.startsWith(name)),
    );
  expect(at("meshlane-routes")).toBeGreaterThanOrEqual(0);
  expect(at("meshlane-edge")).toBeGreaterThan(at("meshlane-routes"));
  expect(stages[at("meshlane-edge") - 1]?.waitAfter).toBe(true);
  expect(plan.owners).toEqual({"shop/shop": buckets});
});

test("of two groups that take one host on the same pods by two Gateways, the older one has it", () => {
  const host = {hosts: ["shop.example.com"]};
  const other = {...gateway("other", {istio: "public"}), metadata: {name: "other", namespace: "istio-ingress"}};
  const first = since(group({services: ["cart"], entry: {gateways: ["istio-ingress/public"], ...host}}), "shop", old);
  const later = since(
    group({services: ["payment"], entry: {gateways: ["istio-ingress/other"], ...host}}),
    "aaa",
    young,
  );
  const without = shop.filter(({kind}) => kind !== "SwimLaneGroup" && kind !== "SwimLane");
  const {rendering} = desired(stateOf([...without, other, later, first]), settings, []);
  const edge = rendering.objects.find(({kind, metadata}) => kind === "WasmPlugin" && metadata.name.includes("edge"));
  const {groups} = edge!.spec["pluginConfig"] as unknown as {groups: {name: string}[]};
  expect(groups.map(({name}) => name)).toEqual(["shop/shop"]);
  expect(rendering.notices).toMatchObject([{reason: "HostsOverlap", subject: "group shop/aaa"}]);
});

test("a file that replaces an older object is as old: it is not to blame for a younger claim", () => {
  const weighted = (name: string, time: string) => since(lane({weight: 60}), name, time);
  const cluster = [group(), weighted("ann", old), weighted("zoe", young)];
  const written = {...lane({weight: 60}), metadata: {name: "ann", namespace: "shop"}};
  const {problems} = checkFiles([{name: "ann.json", text: JSON.stringify(written)}], cluster, "shop");
  expect(problems.map(({severity, object}) => `${severity} ${object}`)).toEqual(["warning lane zoe"]);
  const {groups, lanes} = supposing(stateOf(cluster), [written]);
  const {mesh} = soundMesh([...groups, ...lanes]);
  expect(mesh.lanes.map(({metadata}) => metadata.name)).toEqual(["ann"]);
});

test("a delegate that could not be decided stays with its lanes", () => {
  const routes = [{service: "cart", delegate: "cart-lanes"}];
  const delegating = group({entry: {gateways: ["istio-ingress/public"], routes}});
  const http = [{delegate: {name: "cart-lanes"}}];
  const root = virtualService("root", {hosts: ["shop.example.com"], gateways: ["istio-ingress/public"], http});
  const objects = applied([...shop.filter(({kind}) => kind !== "SwimLaneGroup"), root, delegating]);
  const state = stateOf(objects.filter(({kind}) => kind !== "Gateway"));
  const {rendering} = desired(state, settings, []);
  expect(rendering.notices.map(({reason}) => reason)).toEqual(["GatewayNotFound"]);
  expect(steps(rendering.objects, state.live, rendering.kept)).toEqual([]);
});

test("a delegate that a route of the user names stays when its group goes, without lanes; then it goes too", () => {
  const routes = [{service: "cart", delegate: "cart-lanes"}];
  const delegating = group({entry: {gateways: ["istio-ingress/public"], routes}});
  const http = [{delegate: {name: "cart-lanes"}}];
  const root = virtualService("root", {hosts: ["shop.example.com"], gateways: ["istio-ingress/public"], http});
  const without = (objects: readonly KubernetesObject[], ...names: string[]) =>
    objects.filter(({kind, metadata}) => !names.includes(kind) && !names.includes(metadata.name));
  const objects = applied([...without(shop, "SwimLaneGroup"), root, delegating]);
  expect(JSON.stringify(objects.find(({metadata}) => metadata.name === "cart-lanes")?.spec)).toContain("x-swimlane");
  const state = stateOf(without(objects, "SwimLaneGroup", "SwimLane"));
  const {objects: left, notices} = desired(state, settings, []).rendering;
  expect(left.map(({metadata}) => metadata.name)).toEqual(["cart-lanes"]);
  expect(notices.map(({reason}) => reason)).toEqual(["DelegateNamed"]);
  expect(left[0]!.spec).toEqual({http: [expect.objectContaining({name: "baseline"})]});
  const after = stateOf([...without(state.objects, "cart-lanes"), left[0]!]);
  expect(desired(after, settings, []).rendering.objects).toEqual(left);
  expect(desired(stateOf(without(after.objects, "root")), settings, []).rendering.objects).toEqual([]);
});
