import {expect, test} from "vitest";
import {stillNamed} from "../../../manager/controller/still-named.ts";
import {asRendered, type KubernetesObject, managedBy} from "../../../manager/model/kubernetes.ts";

type Metadata = Partial<KubernetesObject["metadata"]>;

function istio(kind: string, name: string, spec: object, metadata: Metadata = {}): KubernetesObject {
  return {apiVersion: "networking.istio.io/v1", kind, metadata: {namespace: "shop", ...metadata, name}, spec};
}

const labels = {...managedBy, "meshlane.dev/part": "routes"};
const lanes = istio("VirtualService", "cart-lanes", {http: []}, {labels});
const subsets = {host: "cart.shop.svc.cluster.local", subsets: [{name: "meshlane-v1"}]};
const rule = istio("DestinationRule", "meshlane-cart", subsets, {labels});
const goes = [lanes, rule];

const root = (delegate: object, metadata: Metadata = {}) =>
  istio("VirtualService", "root", {http: [{delegate}]}, metadata);
const pasted = (destination: object, metadata: Metadata = {}) =>
  istio("VirtualService", "cart", {http: [{route: [{destination}]}]}, metadata);
const named = (...objects: KubernetesObject[]) => stillNamed([...objects, ...goes], goes).map(({message}) => message);

test("a root that delegates to what is to go is told, by its own namespace or by another", () => {
  const delegates =
    "delegates to shop/cart-lanes, which is to go: istiod would drop that route, and its clients get 404";
  expect(named(root({name: "cart-lanes"}))).toEqual([`VirtualService shop/root ${delegates}`]);
  expect(named(root({name: "cart-lanes", namespace: "shop"}, {namespace: "istio-ingress"}))).toEqual([
    `VirtualService istio-ingress/root ${delegates}`,
  ]);
  expect(named(root({name: "cart-lanes"}, {namespace: "istio-ingress"}))).toEqual([]);
  expect(named(root({name: "other"}))).toEqual([]);
});

test("a route to a subset that is to go is told once, whatever the form of its host", () => {
  const goesTo =
    "goes to subset meshlane-v1 of cart.shop.svc.cluster.local, which is to go: its requests would get 503";
  const twice = [{route: [{destination: {host: "cart", subset: "meshlane-v1"}}]}];
  expect(named(istio("VirtualService", "cart", {http: [...twice, ...twice]}))).toEqual([
    `VirtualService shop/cart ${goesTo}`,
  ]);
  const full = {host: "Cart.shop.svc.cluster.local", subset: "meshlane-v1"};
  expect(named(pasted(full, {namespace: "pay"}))).toEqual([`VirtualService pay/cart ${goesTo}`]);
  expect(named(pasted({host: "cart", subset: "meshlane-v1"}, {namespace: "pay"}))).toEqual([]);
  expect(named(pasted({host: "cart", subset: "v1"}), pasted({host: "cart"}))).toEqual([]);
});

test.each([
  ["tcp", {tcp: [{route: [{destination: {host: "cart", subset: "meshlane-v1"}}]}]}],
  ["tls", {tls: [{route: [{destination: {host: "cart", subset: "meshlane-v1"}}]}]}],
  ["mirror", {http: [{mirror: {host: "cart", subset: "meshlane-v1"}}]}],
  ["mirrors", {http: [{mirrors: [{destination: {host: "cart", subset: "meshlane-v1"}}]}]}],
])("a subset that is to go is found in %s too", (_where, spec) => {
  expect(named(istio("VirtualService", "cart", spec))).toHaveLength(1);
});

test("a subset that a rule of somebody else's has too does not go", () => {
  const own = istio("DestinationRule", "cart", {...subsets, host: "cart"});
  expect(named(own, pasted({host: "cart", subset: "meshlane-v1"}))).toEqual([]);
});

test("routes of ours are none of the user's; what render gave is its applier's", () => {
  expect(named(root({name: "cart-lanes"}, {labels}))).toEqual([]);
  expect(named(asRendered(root({name: "cart-lanes"}, {labels})))).toHaveLength(1);
});

test("of what was handed over, the spec counts that is given back", () => {
  const given = JSON.stringify(pasted({host: "cart", subset: "meshlane-v1"}).spec);
  const annotations = {"meshlane.dev/original": given};
  expect(named(pasted({host: "cart"}, {labels, annotations}))).toHaveLength(1);
  const clean = {"meshlane.dev/original": JSON.stringify(pasted({host: "cart"}).spec)};
  expect(named(pasted({host: "cart", subset: "meshlane-v1"}, {labels, annotations: clean}))).toEqual([]);
});
