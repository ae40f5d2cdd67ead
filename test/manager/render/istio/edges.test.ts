/** Where requests enter: gateways and entry services, and what keeps a group from entering. */
import {expect, test} from "vitest";
import type {IstioObject, Rendering} from "../../../../manager/render/istio/index.ts";
import {clusterText, named, namesOf, rendered, shopText} from "./rendered.ts";

const group = (name: string, spec: string, namespace = name): string =>
  `{apiVersion: meshlane.dev/v1alpha1, kind: SwimLaneGroup, metadata: {name: ${name}, namespace: ${namespace}}, spec: ${spec}}`;
const gateway = (name: string, selector: string): string =>
  `{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: ${name}, namespace: edge}, spec: {selector: ${selector}}}`;
const pod = (namespace: string, labels: string): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: ${namespace}, labels: ${labels}}}`;
const service = (name: string, spec: string): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: shop}, spec: ${spec}}`;
const namespace = (name: string, labels = "{}"): string =>
  `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: ${labels}}}`;

function configurationOf({spec}: IstioObject): {groups: {name: string}[]; except?: unknown; stripped?: boolean} {
  return spec["pluginConfig"] as never;
}

const edgesOf = ({objects}: Rendering): IstioObject[] =>
  objects.filter(({kind, metadata}) => kind === "WasmPlugin" && metadata.name.includes("-edge-"));
const groupsOf = (rendering: Rendering): string[][] =>
  edgesOf(rendering).map((edge) => configurationOf(edge).groups.map(({name}) => name));
const reasons = ({notices}: Rendering): string[] => notices.map(({severity, reason}) => `${severity} ${reason}`);

const onA = "entry: {gateways: [edge/a], hosts: [a.example.com]}";
const onB = "entry: {gateways: [edge/b], hosts: [b.example.com]}";

test("groups whose Gateways have the same pods get one edge and one strip", () => {
  const texts = [
    group("a", `{${onA}}`),
    group("b", `{${onB}}`),
    gateway("a", "{istio: gw}"),
    gateway("b", "{istio: gw}"),
  ];
  const result = rendered(texts);
  expect(groupsOf(result)).toEqual([["a/a", "b/b"]]);
  expect(namesOf(result, ["edge"]).filter((name) => name.startsWith("EnvoyFilter"))).toHaveLength(1);
});

test("what proxies tell each other on replies does not leave the mesh through a group's gateway", () => {
  const result = rendered([group("a", `{${onA}}`), gateway("a", "{istio: gw}")]);
  const [name] = namesOf(result, ["edge"]).filter((each) => each.startsWith("EnvoyFilter"));
  const {configPatches} = named(result, "EnvoyFilter", name!.split("/")[1]!).spec as {configPatches?: unknown};
  expect(configPatches).toContainEqual({
    applyTo: "ROUTE_CONFIGURATION",
    match: {context: "GATEWAY"},
    patch: {operation: "MERGE", value: {response_headers_to_remove: ["x-swimlane-unreached"]}},
  });
});

test("Gateways whose selectors differ, but select the same pods, get one edge", () => {
  const texts = [
    group("a", `{${onA}}`),
    group("b", `{${onB}}`),
    gateway("a", "{istio: gw}"),
    gateway("b", "{app: gw}"),
  ];
  expect(groupsOf(rendered(texts))).toHaveLength(2);
  expect(groupsOf(rendered([...texts, pod("edge", "{istio: gw, app: gw}")]))).toEqual([["a/a", "b/b"]]);
});

test("of two Gateways of one name, Istio's and the Gateway API's, the pods of both have a guard", () => {
  const twin = `{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: a, namespace: edge}, spec: {gatewayClassName: istio, listeners: [{name: http, port: 80}]}}`;
  const texts = [group("a", `{${onA}}`), gateway("a", "{istio: gw}"), twin];
  for (const result of [rendered(texts), rendered(texts.toReversed())]) {
    expect(groupsOf(result)).toEqual([["a/a"], ["a/a"]]);
    expect(edgesOf(result).map(({spec}) => spec["targetRefs"] ?? spec["selector"])).toEqual(
      expect.arrayContaining([
        {matchLabels: {istio: "gw"}},
        [{group: "gateway.networking.k8s.io", kind: "Gateway", name: "a"}],
      ]),
    );
  }
});

test("Gateways that share some pods only are reported, and get no edge", () => {
  const some = [group("a", `{${onA}}`), group("b", `{${onB}}`), gateway("a", "{istio: gw}"), gateway("b", "{app: gw}")];
  const pods = ["{istio: gw, app: gw}", "{istio: gw}", "{app: gw}"].map((labels) => pod("edge", labels));
  const result = rendered([...some, ...pods]);
  expect(edgesOf(result)).toEqual([]);
  expect(reasons(result)).toEqual(["error PodsPartlyShared"]);
});

test("of two groups that take the same host on shared pods, the later one is left out there", () => {
  const texts = [group("a", `{${onA}}`), group("b", `{${onB.replace("b.example", "a.example")}}`)];
  const result = rendered([...texts, gateway("a", "{istio: gw}"), gateway("b", "{istio: gw}")]);
  expect(groupsOf(result)).toEqual([["a/a"]]);
  expect(reasons(result)).toEqual(["error HostsOverlap"]);
});

test("the older group has the host also where a later one's Gateway joins the pods of theirs", () => {
  const at = (on: string, host: string): string => `{entry: {gateways: [edge/${on}], hosts: [${host}.example.com]}}`;
  const result = rendered([
    group("first", at("a", "x")),
    group("second", at("b", "x")),
    group("third", at("a", "y")),
    group("zero", at("c", "z")),
    gateway("a", "{gw: x, v: one}"),
    gateway("b", "{gw: x, v: two}"),
    gateway("c", "{gw: x}"),
  ]);
  expect(result.notices.map(({subject}) => subject)).toEqual(["group second/second"]);
  expect(groupsOf(result)).toEqual([["first/first", "third/third", "zero/zero"]]);
});

test("a Gateway whose pods are in several namespaces is guarded in each of them", () => {
  const texts = [
    group("a", `{${onA}}`),
    gateway("a", "{istio: gw}"),
    pod("one", "{istio: gw}"),
    pod("two", "{istio: gw}"),
  ];
  expect(edgesOf(rendered(texts)).map(({metadata}) => metadata.namespace)).toEqual(["one", "two"]);
});

test("in the root namespace one object is enough for the pods of every namespace", () => {
  const pods = [pod("istio-system", "{istio: gw}"), pod("two", "{istio: gw}")];
  const result = rendered([group("a", `{${onA}}`), gateway("a", "{istio: gw}"), ...pods]);
  expect(edgesOf(result).map(({metadata}) => metadata.namespace)).toEqual(["istio-system"]);
});

test("gateway pods have outbound once: that of their namespace, or one of their own", () => {
  const apart = namesOf(rendered([shopText, clusterText]), ["filter"]);
  expect(apart.filter((name) => name.includes("istio-ingress/meshlane-outbound-"))).toHaveLength(1);
  const inGroup = clusterText.replace("namespace: istio-ingress", "namespace: shop");
  const together = namesOf(rendered([shopText.replace("istio-ingress/", "shop/"), inGroup]), ["filter"]);
  expect(together).toEqual(["WasmPlugin shop/meshlane-inbound", "WasmPlugin shop/meshlane-outbound"]);
});

test("the edge's name hangs off the pods, not off which Gateways share them", () => {
  const one = [group("a", `{${onA}}`), gateway("a", "{istio: gw}")];
  const both = [...one, group("b", `{${onB}}`), gateway("b", "{istio: gw}")];
  const names = (texts: string[]): string[] => edgesOf(rendered(texts)).map(({metadata}) => metadata.name);
  expect(names(both)).toEqual(names(one));
});

test.each([
  ["that is not there", [group("a", `{${onA}}`)], "GatewayNotFound"],
  ["without a selector", [group("a", `{${onA}}`), gateway("a", "{}")], "GatewayWithoutPods"],
])("a Gateway %s is reported, and the rest is whole", (_, texts, reason) => {
  const result = rendered(texts);
  expect(reasons(result)).toEqual([`error ${reason}`]);
  expect(namesOf(result)).toEqual(["WasmPlugin a/meshlane-inbound", "WasmPlugin a/meshlane-outbound"]);
});

test("offline, a Gateway that is not among the files comes with the command that gets it", () => {
  const [notice] = rendered([group("a", `{${onA}}`)]).notices;
  expect(notice?.hint).toMatch(/^kubectl get gateways\.networking\.istio\.io\S* a -n edge -o yaml/);
});

const entry = group("shop", "{services: [frontend], entry: {services: [frontend]}}");

test("on an entry service's pods an edge stands on the inbound side, inbound does nothing there, and addresses are their own", () => {
  const result = rendered([entry, service("frontend", "{selector: {app: frontend}, ports: [{port: 80}]}")]);
  const [edge] = result.objects.filter(({metadata}) => metadata.name.startsWith("meshlane-entry-"));
  expect(namesOf(result, ["edge"])).toEqual([
    `EnvoyFilter shop/${edge?.metadata.name}`,
    `WasmPlugin shop/${edge?.metadata.name}`,
  ]);
  const plugin = named(result, "WasmPlugin", edge!.metadata.name);
  expect(plugin.spec).toMatchObject({selector: {matchLabels: {app: "frontend"}}, match: [{mode: "SERVER"}]});
  expect(configurationOf(plugin)).toMatchObject({stripped: false, remember: {plainText: false}});
  expect(configurationOf(named(result, "WasmPlugin", "meshlane-inbound")).except).toEqual([{app: "frontend"}]);
  expect(JSON.stringify(named(result, "EnvoyFilter", edge!.metadata.name))).toContain(
    '"transportProtocol":"raw_buffer"',
  );
});

test.each([
  ["that is not there", []],
  ["without a selector", [service("frontend", "{ports: [{port: 80}]}")]],
])("an entry service %s is reported", (_, texts) => {
  expect(reasons(rendered([entry, ...texts]))).toContain("error EntryServiceWithoutPods");
});

test("a group of an ambient namespace is refused whole, others are not", () => {
  const ambient = namespace("a", "{istio.io/dataplane-mode: ambient}");
  const result = rendered([group("a", "{}"), group("b", "{}"), ambient]);
  expect(reasons(result)).toEqual(["error AmbientNamespace"]);
  expect(new Set(result.objects.map(({metadata}) => metadata.namespace))).toEqual(new Set(["b"]));
});

test("an ambient namespace on the way is refused alone", () => {
  const result = rendered([group("b", "{through: [a, c]}"), namespace("a", "{istio.io/dataplane-mode: ambient}")]);
  expect(reasons(result)).toEqual(["error AmbientNamespace"]);
  expect(new Set(result.objects.map(({metadata}) => metadata.namespace))).toEqual(new Set(["b", "c"]));
});

test("nothing is written into Istio's root namespace for all pods", () => {
  const result = rendered([group("b", "{through: [istio-system]}")]);
  expect(reasons(result)).toEqual(["error RootNamespace"]);
});

test("a namespace that a whole cluster does not have is refused; offline it may be there", () => {
  const texts = [group("b", "{through: [c]}"), namespace("b")];
  expect(reasons(rendered(texts, {cluster: {complete: true}}))).toEqual(["error NamespaceNotFound"]);
  expect(rendered(texts).notices).toEqual([]);
});
