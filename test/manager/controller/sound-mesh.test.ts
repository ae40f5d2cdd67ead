import {expect, test} from "vitest";
import {soundMesh} from "../../../manager/controller/cluster-mesh.ts";
import {desired} from "../../../manager/controller/desired.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {steps} from "../../../manager/render/istio/steps.ts";
import {applied, group, lane, namespace, service, settings, shop, stateOf} from "./check/inspections.ts";

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
  const {mesh: groups, left} = soundMesh([entered(late, young), entered("next", old)]);
  expect(groups.groups.map(({metadata}) => metadata.name)).toEqual(["next"]);
  expect(left.map(({metadata}) => metadata.name)).toEqual([late]);
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

/** What a pass writes where somebody has changed these objects of a cluster in which all is as its lanes ask for it. */
function writesAfter(change: (object: KubernetesObject) => KubernetesObject) {
  const state = stateOf(applied([...shop, namespace("pay"), service("q", {app: "q"}, "pay")]).map(change));
  const {rendering} = desired(state, settings, []);
  return steps(rendering.objects, state.live, rendering.kept).flatMap(({writes}) => writes);
}

const edited = (kind: string, spec: object) => (object: KubernetesObject) =>
  object.kind === kind ? {...object, spec: {...(object.spec as object), ...spec}} : object;

test.each([
  ["a group that is broken", edited("SwimLaneGroup", {services: "cart"})],
  ["a group of which a lane's service was taken out", edited("SwimLaneGroup", {services: ["payment"]})],
  ["a group whose entry is no entry", edited("SwimLaneGroup", {entry: "istio-ingress/public"})],
  ["a lane that is broken", edited("SwimLane", {services: [{name: "cart", to: "Not a name"}]})],
])("%s keeps what stands for it: somebody else's pass removes none of it", (_name, change) => {
  expect(writesAfter(change).filter((write) => "delete" in write)).toEqual([]);
});

test.each(["SwimLane", "SwimLaneGroup"])("where a %s is gone its routes go: without a guard no lane stays", (gone) => {
  const objects = applied(shop).filter(({kind}) => kind !== gone);
  const state = stateOf(objects);
  const {rendering} = desired(state, settings, []);
  const writes = steps(rendering.objects, state.live, rendering.kept).flatMap(({writes: all}) => all);
  const left = new Set(writes.flatMap((write) => ("delete" in write ? [write.delete.metadata.name] : [])));
  expect([...left].filter((name) => name.startsWith("meshlane-destinations"))).toHaveLength(1);
});
