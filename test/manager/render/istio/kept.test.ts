import {expect, test} from "vitest";
import type {KubernetesObject} from "../../../../manager/model/kubernetes.ts";
import type {Rendering} from "../../../../manager/render/istio/options.ts";
import {steps} from "../../../../manager/render/istio/steps.ts";
import {named, rendered} from "./rendered.ts";
import {deployment, group, lane, object, service, virtualService} from "./shop-texts.ts";

const shop = [service("cart"), service("payment"), service("cart--ann"), service("cart--bob")];
const gateway = object("networking.istio.io/v1", "Gateway", "public", {
  selector: {istio: "ingress"},
  servers: [{port: {number: 80, name: "http", protocol: "HTTP"}, hosts: ["*"]}],
});
const routes = [{service: "cart", hosts: ["shop.example.com"]}];
const entry = {gateways: ["shop/public"], routes};
const native = {options: {nativeSupported: true}};

/** `KIND NAME` of what goes when the one rendering follows the other. */
function gone(before: Rendering, after: Rendering): string[] {
  const live = before.objects.map((one) => structuredClone(one) as KubernetesObject);
  return steps(after.objects, live, after.kept)
    .flatMap(({writes}) => writes)
    .flatMap((one) => ("delete" in one ? [`${one.delete.kind} ${one.delete.metadata.name}`] : []));
}

const reasons = ({notices}: Rendering) => notices.map(({reason}) => reason);

test.each([
  ["by routes", {}],
  ["natively", native],
])("a VirtualService that somebody adds takes no lane down that is routed %s", (_way, given) => {
  const base = [group(), lane("ann"), ...shop];
  const weighted = [
    {destination: {host: "cart"}, weight: 9},
    {destination: {host: "payment"}, weight: 1},
  ];
  const after = rendered([...base, virtualService("mine", {hosts: ["cart"], http: [{route: weighted}]})], given);
  expect(reasons(after)).toEqual(["HostHasVirtualService"]);
  expect(after.notices[0]!.message).toContain("its lanes stay as they are");
  expect(gone(rendered(base, given), after)).toEqual([]);
  expect(gone(rendered(base, given), {...after, kept: []})).not.toEqual([]);
});

test("a VirtualService that somebody adds for a host of the gateway leaves the route that is there", () => {
  const base = [group({entry}), lane("ann"), ...shop, gateway];
  const theirs = {
    hosts: ["shop.example.com"],
    gateways: ["public"],
    http: [{route: [{destination: {host: "payment"}}]}],
  };
  const after = rendered([...base, virtualService("mine", theirs)]);
  expect(reasons(after)).toEqual(["HostHasVirtualService"]);
  expect(gone(rendered(base), after)).toEqual([]);
  expect(gone(rendered(base), {...after, kept: []})).not.toEqual([]);
});

test("an edge that grows too large stays as it was, and so does its strip", () => {
  const match = Array.from({length: 60}, (_none, index) => ({uri: {exact: `/${"a".repeat(900)}${index}`}}));
  const texts = (lanes: number) => {
    const many = Array.from({length: lanes}, (_none, index) =>
      lane(`big-${index}`, {match, services: [{name: "cart", to: "cart--ann"}]}),
    );
    return [group({entry: {gateways: ["shop/public"]}}), lane("ann"), ...many, ...shop, gateway];
  };
  const after = rendered(texts(12));
  expect(reasons(after)).toEqual(["TooLarge"]);
  expect(
    after.objects.some(({kind, metadata}) => kind === "EnvoyFilter" && metadata.name.startsWith("meshlane-edge")),
  ).toBe(true);
  expect(gone(rendered(texts(1)), after)).toEqual([]);
  expect(gone(rendered(texts(1)), {...after, kept: []})).toHaveLength(1);
});

test("what is kept of one service does not keep a lane that goes in another", () => {
  const of = (name: string) => lane("bob", {services: [{name, to: "cart--bob"}]});
  const mine = virtualService("mine", {hosts: ["cart"], http: [{redirect: {uri: "/"}}]});
  const before = rendered([group(), lane("ann"), of("payment"), ...shop]);
  const after = rendered([group(), lane("ann"), ...shop, mine]);
  expect(gone(before, after)).toEqual(["VirtualService meshlane-payment"]);
});

test("a subset of ours that somebody's pasted routes name stays when its lane goes, and that is said", () => {
  const http = [{route: [{destination: {host: "cart"}}]}];
  const base = [group({baseline: {labels: {version: "v1"}}}), ...shop, deployment("cart", "v1")];
  const lanes = [lane("next", {services: [{name: "cart", labels: {version: "v2"}}]}), deployment("cart", "v2")];
  const before = rendered([...base, ...lanes, virtualService("cart", {hosts: ["cart"], http})], {
    options: {adopt: ["shop/cart"]},
  });
  const pasted = virtualService("cart", named(before, "VirtualService", "cart").spec);
  const rule = "DestinationRule meshlane-cart";
  const used = rendered([...base, ...lanes, pasted]);
  expect([reasons(used), gone(used, used)]).toEqual([[], []]);
  const after = rendered([...base, pasted]);
  expect(reasons(after)).toEqual(["SubsetNamed", "SubsetNamed"]);
  expect(gone(used, after)).toEqual([]);
  const free = rendered([...base, virtualService("cart", {hosts: ["cart"], http})]);
  expect([reasons(free), gone(used, free)]).toEqual([[], [rule]]);
});
