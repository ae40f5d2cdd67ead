import {expect, test} from "vitest";
import {desired} from "../../../manager/controller/desired.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {
  gateway,
  group,
  lane,
  namespace,
  pod,
  service,
  settings,
  shop,
  stateOf,
  virtualService,
} from "./check/inspections.ts";

const named = (object: KubernetesObject, name: string): KubernetesObject => ({
  ...object,
  metadata: {...object.metadata, name},
});
const bob = named(lane({group: "shop", services: [{name: "pay", to: "pay--bob"}]}), "bob");
const others = [service("pay"), service("pay--bob"), bob];

/** Errors for who applied these, of a cluster with these objects. */
function errorsFor(
  applied: readonly KubernetesObject[],
  objects: readonly KubernetesObject[],
): {problems: number; notices: string[]} {
  const of = (kind: string) => objects.filter((object) => object.kind === kind);
  const state = {objects, live: [], groups: of("SwimLaneGroup"), lanes: of("SwimLane")};
  const {problems, notices} = desired(state, {...settings, nativeSupported: false}, []).judgedFor(applied);
  const isError = ({severity}: {severity: string}) => severity === "error";
  return {problems: problems.filter(isError).length, notices: notices.filter(isError).map(({reason}) => reason)};
}

test("a VirtualService in the way of another lane is an error for that lane, and a warning for this one", () => {
  const theirs = virtualService("pay", {hosts: ["pay"], http: [{route: [{destination: {host: "pay"}}]}]});
  const whole = group({services: ["cart", "pay"]});
  const objects = [...shop.filter(({kind}) => kind !== "SwimLaneGroup"), whole, ...others, theirs];
  expect(errorsFor([bob], objects)).toEqual({problems: 0, notices: ["HostHasVirtualService"]});
  expect(errorsFor([whole], objects)).toEqual({problems: 0, notices: ["HostHasVirtualService"]});
  expect(errorsFor([lane()], objects)).toEqual({problems: 0, notices: []});
  expect(errorsFor([], objects)).toEqual({problems: 0, notices: []});
});

test("a lane that was left out of the mesh is an error for who applied it", () => {
  const objects = [...shop, ...others];
  expect(errorsFor([bob], objects).problems).toBeGreaterThan(0);
  expect(errorsFor([lane()], objects).problems).toBe(0);
});

test("groups that share hosts concern both, but no third one", () => {
  const rival = named(group({services: ["pay"], entry: {gateways: ["istio-ingress/second"]}}), "rival");
  const third = named(group({services: ["pay--bob"], entry: {gateways: []}}), "third");
  const objects = [...shop, service("pay"), service("pay--bob"), rival, third, gateway("second", {istio: "public"})];
  expect(errorsFor([rival], objects).notices).toContain("HostsOverlap");
  expect(errorsFor([group()], objects).notices).toContain("HostsOverlap");
  expect(errorsFor([third], objects).notices).toEqual([]);
});

test("of a host that two groups take, the lanes of the one that has it go on, and only those of the other are concerned", () => {
  const rival = named(group({services: ["pay"], entry: {gateways: ["istio-ingress/second"]}}), "rival");
  const whole = lane({group: "shop"});
  const inRival = named(lane({group: "rival", services: [{name: "pay", to: "pay--bob"}]}), "bob");
  const base = [...shop.filter(({kind}) => kind !== "SwimLane"), service("pay"), service("pay--bob"), whole, inRival];
  const objects = [...base, rival, gateway("second", {istio: "public"})];
  expect(errorsFor([whole], objects).notices).toEqual(["HostsOverlap"]);
  expect(errorsFor([inRival], objects).notices).toEqual([]);
  expect(
    errorsFor(
      [whole],
      objects.filter((one) => one !== whole),
    ).notices,
  ).toEqual([]);
});

/** Somebody else's object in the place of the strip or the edge on these pods. */
function inThePlaceOf(kind: string, pods: string, objects: readonly KubernetesObject[]): KubernetesObject {
  const all = desired(stateOf(objects), {...settings, nativeSupported: false}, []).rendering.objects;
  const [ours, ...more] = all.filter((one) => one.kind === kind && one.metadata.name.includes(`-edge-${pods}-`));
  expect([ours !== undefined, more.length]).toEqual([true, 0]);
  return {...ours!, metadata: {name: ours!.metadata.name, namespace: ours!.metadata.namespace}, spec: {}};
}

const plain = shop.filter(({kind}) => !["SwimLaneGroup", "SwimLane", "Gateway", "Pod"].includes(kind));
const own = group({entry: {gateways: ["istio-ingress/public"], hosts: ["shop.example.com"]}});
const pay = named(
  group({services: ["pay"], entry: {gateways: ["istio-ingress/public-2"], hosts: ["pay.example.com"]}}),
  "pay",
);
const ofShop = lane({group: "shop"});
const ofPay = named(lane({group: "pay", services: [{name: "pay", to: "pay--bob"}]}), "bob");
const both = [...plain, service("pay"), service("pay--bob"), own, pay, ofShop, ofPay];

test.each(["EnvoyFilter", "WasmPlugin"])(
  "somebody's %s on pods that Gateways share concerns who enters at any of them",
  (kind) => {
    const objects = [...both, gateway("public", {istio: "public", of: "shop"}), gateway("public-2", {istio: "public"})];
    const all = [...objects, inThePlaceOf(kind, "public", objects)];
    for (const one of [own, ofShop, pay, ofPay]) expect(errorsFor([one], all).notices).toEqual(["NotOurs"]);
    expect(errorsFor([], all).notices).toEqual([]);
  },
);

test("what stands in the way at one Gateway is no concern of another whose name it begins with", () => {
  const objects = [...both, gateway("public", {istio: "public"}), gateway("public-2", {istio: "second"})];
  const all = [...objects, inThePlaceOf("EnvoyFilter", "second", objects)];
  for (const one of [own, ofShop]) expect(errorsFor([one], all).notices).toEqual([]);
  for (const one of [pay, ofPay]) expect(errorsFor([one], all).notices).toEqual(["NotOurs"]);
});

test("an edge that is too large concerns all lanes of the groups that enter there", () => {
  const match = Array.from({length: 60}, (_none, index) => ({uri: {exact: `/${"a".repeat(900)}${index}`}}));
  const big = Array.from({length: 12}, (_none, index) => named(lane({group: "shop", match}), `big-${index}`));
  const objects = [...both, ...big, gateway("public", {istio: "public"}), gateway("public-2", {istio: "second"})];
  expect(errorsFor([ofShop], objects).notices).toEqual(["TooLarge"]);
  expect(errorsFor([ofPay], objects).notices).toEqual([]);
});

const gateways = [gateway("public", {istio: "public"}), gateway("public-2", {istio: "second"})];
const theirs = virtualService("cart", {hosts: ["cart"], http: [{route: [{destination: {host: "cart"}}]}]});
const [without, whole] = [both.filter((one) => one !== ofShop && one !== pay && one !== ofPay), both];
const eve = named(lane({group: "shop"}), "eve");

test.each([
  ["its service's host is somebody's", "HostHasVirtualService", [...without, eve, gateways[0]!, theirs]],
  ["the Gateway of its group is gone", "GatewayNotFound", without],
  [
    "the strip there is somebody's",
    "NotOurs",
    [...without, gateways[0]!, inThePlaceOf("EnvoyFilter", "public", [...whole, ...gateways])],
  ],
])("of a lane that is deleted it is an error that its routes stay: %s", (_why, reason, objects) => {
  for (const spec of [{group: "shop"}, {group: "shop/shop"}, {}]) {
    expect(errorsFor([lane(spec)], objects).notices).toEqual([reason]);
  }
  for (const spec of [{group: "pay"}, {group: "other/shop"}]) {
    expect(errorsFor([lane(spec)], objects).notices).toEqual([]);
  }
});

test("of a lane that is deleted, what stands in the way of other services of its group is a warning", () => {
  const objects = [...without, eve, gateways[0]!, theirs];
  expect(errorsFor([lane({services: [{name: "pay", to: "pay--bob"}]})], objects).notices).toEqual([]);
});

test("a subset that pasted routes of another group's service miss is an error for that group, and a warning for others", () => {
  const inPay = (object: KubernetesObject) => ({...object, metadata: {...object.metadata, namespace: "pay"}});
  const other = inPay(group({services: ["pay"], entry: {}}));
  const http = [{route: [{destination: {host: "pay", subset: "meshlane-v3-0123abcd"}}]}];
  const theirs = inPay(virtualService("pay", {hosts: ["pay"], http}));
  const objects = [...shop, namespace("pay"), service("pay", {app: "pay"}, "pay"), other, theirs];
  expect(errorsFor([other], objects).notices).toEqual(["SubsetMissing"]);
  expect(errorsFor([lane()], objects).notices).toEqual([]);
});

test("who applies a lane of a VirtualService that stays as it is for another group's service is told that as an error", () => {
  const shared = group({services: ["pay"], entry: {}, baseline: {labels: {version: "v1"}}}, "pay");
  const next = named(lane({group: "pay", services: [{name: "pay", labels: {version: "v2"}}]}), "next");
  const pods = ["v1", "v2"].map((version) => pod(`pay-${version}`, {app: "pay", version}));
  const base = [...plain, group({entry: {}}), shared, ofShop, next, service("pay"), ...pods];
  const http = ["cart", "pay"].map((host) => ({match: [{authority: {prefix: host}}], route: [{destination: {host}}]}));
  const before = stateOf([...base, virtualService("both", {hosts: ["cart", "pay"], http})]);
  const {rendering} = desired(before, {...settings, nativeSupported: false}, ["shop/cart", "shop/pay"]);
  const both = rendering.objects.filter(({metadata}) => metadata.name === "both");
  const rule = {...virtualService("meshlane-pay", {host: "pay"}), kind: "DestinationRule"};
  const live = [...base, ...both, rule];
  const state = {...stateOf(live), lanes: [next, eve]};
  const after = desired(state, {...settings, nativeSupported: false}, []);
  const errors = (applied: KubernetesObject) =>
    after
      .judgedFor([applied])
      .notices.filter(({severity}) => severity === "error")
      .map(({reason}) => reason);
  expect(both).toHaveLength(1);
  expect(errors(eve)).toEqual(["HandedOverTogether"]);
  expect(errors(ofShop)).toEqual(["HandedOverTogether"]);
  expect(errors(next)).toEqual(["NotOurs", "HandedOverTogether"]);
  const withoutGroup = {...state, groups: [shared], lanes: [next]};
  const gone = desired(withoutGroup, {...settings, nativeSupported: false}, []).judgedFor([ofShop, group({entry: {}})]);
  expect(gone.notices.map(({severity, reason}) => `${severity} ${reason}`)).toEqual([
    "warning NotOurs",
    "error HandedOverTogether",
  ]);
});
