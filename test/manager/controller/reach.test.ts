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
const binding = (name: string, ...hosts: string[]): KubernetesObject => ({
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: {name, namespace: "shop"},
  spec: {gateways: ["istio-ingress/public"], hosts, http: []},
});
const bound = binding("public", "*.shop.example.com", "shop.example.com");

function groupText(name: string, entry: string, gateway = "public"): string {
  return `
apiVersion: meshlane.dev/v1alpha1
kind: SwimLaneGroup
metadata: {name: ${name}, namespace: ${name}}
spec:
  services: [cart]
  entry: {gateways: [istio-ingress/${gateway}], ${entry}}`;
}

/** Ways to a lane of group `shop`, beside other groups. */
function waysBeside(others: readonly string[], entry: string, ...objects: KubernetesObject[]): string[] {
  const texts = [groupText("shop", entry), ...others];
  const {groups} = loadMesh(texts.map((text, index) => ({name: `${index}.yaml`, text}))).mesh;
  const shop = groups.find(({metadata}) => metadata.name === "shop")!;
  return waysTo("ann", shop, {groups, facts: clusterFacts(objects), objects});
}

function ways(lane: string, ...objects: KubernetesObject[]): string[] {
  return waysBeside([], `lane: [${lane}]`, ...objects);
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

test("a VirtualService that says nothing is bound to nothing", () => {
  const {spec: _, ...empty} = binding("empty");
  const way = "{header: x-swimlane, anyone: true}";
  expect(ways(way, gateway, pods, service, bound, empty)).toEqual(ways(way, gateway, pods, service, bound));
});

test("where no host is known, the address stands for it, and without an address the word GATEWAY", () => {
  const way = "{header: x-swimlane, anyone: true}";
  expect(ways(way, gateway, pods, service)).toEqual(["curl -H 'x-swimlane: ann' 'http://192.0.2.7/'  # anyone"]);
  expect(ways(way, gateway, pods)).toEqual(["curl -H 'x-swimlane: ann' 'http://GATEWAY/'  # anyone"]);
});

const byHeader = "lane: [{header: x-lane, anyone: true}]";
const curl = (host: string) => `curl --connect-to ${host}:80:192.0.2.7:80 -H 'x-lane: ann' 'http://${host}/'  # anyone`;

test("a host of another group of the gateway is not asked, and one that nobody has is", () => {
  const other = `hosts: [shop.example.com, "*.shop.example.com"], ${byHeader}`;
  const template = 'hosts: [a.example.com], lane: [{host: "{lane}.example.com", anyone: true}]';
  const objects = [gateway, pods, service, bound, binding("two", "two.example.com")];
  const beside = (group: string) => waysBeside([group], byHeader, ...objects);
  expect(beside(groupText("two", other))).toEqual([curl("two.example.com")]);
  expect(beside(groupText("two", other, "another")), "at its own gateway").toEqual([curl("shop.example.com")]);
  expect(beside(groupText("two", template)), "one that fits a template is the other's").toEqual([
    "curl -H 'x-lane: ann' 'http://192.0.2.7/'  # anyone",
  ]);
});

test("a group that has hosts is asked by one of these, and where they are patterns, by what is bound and fits", () => {
  const asked = (hosts: string) => waysBeside([], `hosts: [${hosts}], ${byHeader}`, gateway, pods, service, bound);
  expect(asked(`"*.com", b.example.com`)).toEqual([curl("b.example.com")]);
  expect(asked(`"*.example.com"`)).toEqual([curl("shop.example.com")]);
  expect(asked(`"*.example.org"`), "else it says what is missing").toEqual([
    `${curl("HOST")}; HOST: one of *.example.org`,
  ]);
});
