import {expect, test} from "vitest";
import {clusterFacts} from "../../../manager/compile/cluster-objects.ts";
import {waysTo} from "../../../manager/controller/reach.ts";
import {loadMesh} from "../../../manager/model/index.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";

const labels = {istio: "public"};
const inIngress = {name: "public", namespace: "istio-ingress"};
const gateway: KubernetesObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "Gateway",
  metadata: inIngress,
  spec: {selector: labels, servers: [{port: {number: 80, name: "http", protocol: "HTTP"}, hosts: ["*"]}]},
};
const pods: KubernetesObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: inIngress,
  spec: {selector: {matchLabels: labels}, template: {metadata: {labels}}},
};
const service: KubernetesObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: inIngress,
  spec: {selector: labels, ports: [{port: 80}]},
  status: {loadBalancer: {ingress: [{ip: "192.0.2.7"}]}},
};
const bound: KubernetesObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: {name: "public", namespace: "shop"},
  spec: {gateways: ["istio-ingress/public"], hosts: ["*.shop.example.com", "shop.example.com"], http: []},
};

function ways(lane: string, ...objects: KubernetesObject[]): string[] {
  const text = `
apiVersion: meshlane.dev/v1alpha1
kind: SwimLaneGroup
metadata: {name: shop, namespace: shop}
spec:
  services: [cart]
  entry: {gateways: [istio-ingress/public], lane: [${lane}]}`;
  const {mesh} = loadMesh([{name: "group.yaml", text}]);
  return waysTo("ann", mesh.groups[0]!, clusterFacts(objects), objects);
}

test("a host template gives its host at the gateway's address", () => {
  expect(ways(`{host: "{lane}.shop.example.com", from: [10.0.0.0/8]}`, gateway, pods, service, bound)).toEqual([
    "curl --connect-to ann.shop.example.com:80:192.0.2.7:80 'http://ann.shop.example.com/'  # from 10.0.0.0/8",
  ]);
});

test("another way in gives a host that is bound to the gateway", () => {
  expect(ways("{header: x-swimlane, anyone: true}", gateway, pods, service, bound)).toEqual([
    "curl --connect-to shop.example.com:80:192.0.2.7:80 -H 'x-swimlane: ann' 'http://shop.example.com/'  # anyone",
  ]);
});

test("where no host is known, the address stands for it, and without an address the word GATEWAY", () => {
  const way = "{header: x-swimlane, anyone: true}";
  expect(ways(way, gateway, pods, service)).toEqual(["curl -H 'x-swimlane: ann' 'http://192.0.2.7/'  # anyone"]);
  expect(ways(way, gateway, pods)).toEqual(["curl -H 'x-swimlane: ann' 'http://GATEWAY/'  # anyone"]);
});
