import {expect, test} from "vitest";
import {parse} from "yaml";
import {groupText} from "../../../manager/cli/init.ts";
import {clusterFacts} from "../../../manager/compile/cluster-objects.ts";
import {initialGroup, type OtherGroup, type Wanted} from "../../../manager/controller/init/initial-group.ts";
import {loadMesh} from "../../../manager/model/index.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {gateway, namespace, pod, service} from "./check/inspections.ts";

const shop = [
  namespace("shop"),
  service("cart"),
  service("payment"),
  gateway("public", {istio: "public"}, ["*.shop.example.com"]),
];

function init(
  objects: readonly KubernetesObject[],
  wanted: Partial<Wanted> = {},
  groups: readonly OtherGroup[] = [],
): string {
  return groupText(initialGroup({namespace: "shop", ...wanted}, clusterFacts(objects, {complete: true}), groups));
}

test("the smallest group has all Services of its namespace, and ways in from private networks", () => {
  expect(init(shop)).toBe(`# Lanes may override every Service of namespace shop: cart, payment.

apiVersion: meshlane.dev/v1alpha1
kind: SwimLaneGroup
metadata:
  name: shop
  namespace: shop
spec:
  entry:
    gateways:
      - istio-ingress/public
    # Where a request may ask for a lane, and from which addresses.
    lane:
      - host: "{lane}.shop.example.com"
        from:
          - 10.0.0.0/8
          - 172.16.0.0/12
          - 192.168.0.0/16
      - header: x-swimlane
        from:
          - 10.0.0.0/8
          - 172.16.0.0/12
          - 192.168.0.0/16
`);
});

test("what it prints is valid", () => {
  const {mesh, problems} = loadMesh([{name: "init", text: init(shop)}]);
  expect(problems).toEqual([]);
  expect(mesh.groups).toHaveLength(1);
});

test("kubectl, which reads YAML 1.1, finds the same texts in it", () => {
  const texts = ["on", "off", "yes", "0o7", "1_0"];
  const objects = (version: string) => [
    namespace("on"),
    service("no", {app: "no"}, "on"),
    gateway("public", {istio: "public"}),
    ...["zzz", version].map((label) => pod(`no-${label}`, {app: "no", version: label}, "on")),
  ];
  for (const version of texts) {
    const text = init(objects(version), {namespace: "on"});
    expect(parse(text, {version: "1.1"})).toEqual(parse(text));
    expect(parse(text, {version: "1.1"})).toMatchObject({
      metadata: {name: "on", namespace: "on"},
      spec: {baseline: {labels: {version}}},
    });
  }
});

test("versions behind one Service make a baseline, the first of them", () => {
  const pods = ["v2", "v1"].map((version) => pod(`cart-${version}`, {app: "cart", version}));
  expect(init([...shop, ...pods])).toContain("baseline:\n    labels:\n      version: v1\n");
  expect(init([...shop, pods[0]!])).not.toContain("baseline");
});

test("beside another group of the gateway it has the gateway's hosts as its own", () => {
  const pay = {name: "pay", namespace: "pay", gateways: ["istio-ingress/public"]};
  expect(init(shop, {}, [pay])).toContain('hosts:\n      - "*.shop.example.com"\n');
  const any = [...shop.slice(0, 3), gateway("public", {istio: "public"})];
  expect(() => init(any, {}, [pay])).toThrow(/gateway istio-ingress\/public is another group's too.*hosts: \[\.\.\.\]/);
});

test.each<[string, readonly KubernetesObject[], Partial<Wanted>, readonly OtherGroup[], RegExp]>([
  ["a namespace that is not there", shop, {namespace: "shpo"}, [], /no namespace shpo. Did you mean "shop"/],
  [
    "an ambient namespace",
    [namespace("shop", {"istio.io/dataplane-mode": "ambient"})],
    {},
    [],
    /is ambient: its pods have no sidecar.*istio-injection/,
  ],
  ["a namespace without Services", [namespace("shop"), shop[3]!], {}, [], /no Service with an HTTP port/],
  [
    "a group that is there already",
    shop,
    {},
    [{name: "all", namespace: "shop", gateways: []}],
    /has group all already: kubectl edit/,
  ],
  [
    "a gateway that is not there",
    shop,
    {gateway: "istio-ingress/pubic"},
    [],
    /no gateway istio-ingress\/pubic. Did you mean "istio-ingress\/public"/,
  ],
  ["no gateway at all", shop.slice(0, 3), {}, [], /no gateway where requests could enter/],
  [
    "several gateways, and none named",
    [...shop, gateway("internal", {istio: "internal"})],
    {},
    [],
    /2 gateways. Write --gateway istio-ingress\/internal or --gateway istio-ingress\/public/,
  ],
])("it says what is in the way: %s", (_what, objects, wanted, groups, message) => {
  expect(() => init(objects, wanted, groups)).toThrow(message);
});
