/** What the objects of a cluster, or those of files, say. */
import {expect, test} from "vitest";
import {parseAllDocuments} from "yaml";
import {type ClusterOptions, clusterFacts} from "../../../manager/compile/cluster-objects.ts";
import type {ClusterFacts} from "../../../manager/compile/cluster-facts.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";

function facts(text: string, options: ClusterOptions = {}): ClusterFacts {
  return clusterFacts(objects(text), options);
}

function objects(text: string): KubernetesObject[] {
  const all = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject | null);
  return all.filter((object) => object !== null);
}

const service = (name: string, more = ""): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: shop}, spec: {selector: {app: ${name}}, ports: [{name: http, port: 80}]${more}}}\n---\n`;
const pod = (name: string, labels: string, namespace = "shop"): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: ${namespace}, labels: ${labels}}}\n---\n`;
const deployment = (name: string, labels: string): string =>
  `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, namespace: shop}, spec: {template: {metadata: {labels: ${labels}}}}}\n---\n`;
const virtualService = (spec: string, more = ""): string =>
  `{apiVersion: networking.istio.io/v1beta1, kind: VirtualService, metadata: {name: v, namespace: shop${more}}, spec: ${spec}}\n---\n`;

test("workloads are pods and pod templates that the Service selects, so one that is scaled to zero is there", () => {
  const {services} = facts(
    service("cart") +
      pod("cart-1", "{app: cart, version: v1, pod-template-hash: a1}") +
      pod("cart-2", "{app: cart, version: v1, pod-template-hash: b2}") +
      deployment("cart-v2", "{app: cart, version: v2}") +
      pod("other", "{app: cart}", "other") +
      pod("payment", "{app: payment}"),
  );
  const versions = services.get("shop/cart")?.map(({version}) => version);
  expect(versions?.sort()).toEqual(["v1", "v2"]);
});

test("a Service without a selector has no workloads that are known", () => {
  const text = `{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {ports: [{port: 80}]}}\n---\n`;
  expect(facts(text + pod("cart-1", "{app: cart}")).services.get("shop/db")).toEqual([]);
});

test.each([
  ["{name: http, port: 80}", true],
  ["{name: grpc-web-x, port: 80}", true],
  ["{port: 8080}", true],
  ["{name: web, port: 8080}", true],
  ["{name: tcp-x, port: 80}", false],
  ["{name: http, port: 443, appProtocol: https}", false],
  ["{name: tcp, port: 80, appProtocol: kubernetes.io/h2c}", true],
  ["{name: http, port: 80, appProtocol: mine}", true],
  ["{name: db, port: 3306}", false],
  ["{name: http, port: 80, protocol: UDP}", false],
])("port %s is HTTP to Istio: %s", (port, http) => {
  const text = `{apiVersion: v1, kind: Service, metadata: {name: a, namespace: shop}, spec: {ports: [${port}]}}`;
  expect(facts(text).kubernetesServices.get("shop/a")?.ports[0]?.http).toBe(http);
});

test("a headless Service is one", () => {
  const {kubernetesServices} = facts(
    service("cart", ", clusterIP: None") + service("payment", ", clusterIP: 10.0.0.1"),
  );
  expect([...kubernetesServices.values()].map(({key, headless}) => [key, headless])).toEqual([
    ["shop/cart", true],
    ["shop/payment", false],
  ]);
});

const slice = (name: string, endpoints: string): string =>
  `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ${name}-x, namespace: shop, labels: {kubernetes.io/service-name: ${name}}}, endpoints: ${endpoints}}\n---\n`;
const endpoint = (podName: string, ready: string): string =>
  `{targetRef: {kind: Pod, name: ${podName}, namespace: shop}, conditions: {ready: ${ready}}}`;

test("a destination is ready when an endpoint is whose pod carries its labels", () => {
  const {ready} = facts(
    slice("cart", `[${endpoint("v1", "true")}, ${endpoint("v2", "false")}]`) +
      pod("v1", "{app: cart, version: v1}") +
      pod("v2", "{app: cart, version: v2}"),
  );
  expect(ready({service: "shop/cart"})).toBe(true);
  expect(ready({service: "shop/cart", labels: {version: "v1"}})).toBe(true);
  expect(ready({service: "shop/cart", labels: {version: "v2"}})).toBe(false);
  expect(ready({service: "shop/cart--ann"})).toBe(false);
});

test("an endpoint that says nothing of readiness is ready; several slices count together", () => {
  const {ready} = facts(
    slice("cart", "[]") +
      slice("cart", "[{targetRef: {kind: Pod, name: v1}}]").replace("cart-x", "cart-y") +
      pod("v1", "{app: cart}"),
  );
  expect(ready({service: "shop/cart"})).toBe(true);
});

test("where no EndpointSlice is known, nothing is said of readiness", () => {
  expect(facts(service("cart")).ready({service: "shop/cart"})).toBeUndefined();
});

const istioGateway = `{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: public, namespace: routes}, spec: {selector: {istio: ingress}, servers: [{port: {number: 443}, hosts: ["*.example.com"]}]}}\n---\n`;

test("an Istio Gateway is served by pods of every namespace that its selector selects, its own first", () => {
  const pods = ["system", "ingress"].map((namespace) => pod("gw", "{istio: ingress, app: gw}", namespace)).join("");
  expect(facts(istioGateway + pods).gateways.get("routes/public")).toMatchObject({
    api: "istio",
    namespace: "ingress",
    namespaces: ["ingress", "system"],
    selector: {istio: "ingress"},
    servers: [{port: 443, hosts: ["*.example.com"]}],
  });
  const own = pod("gw", "{istio: ingress}", "routes");
  expect(facts(istioGateway + pods + own).gateways.get("routes/public")?.namespaces).toEqual([
    "routes",
    "ingress",
    "system",
  ]);
});

test("an Istio Gateway whose pods are not known is taken to have them in its own namespace", () => {
  expect(facts(istioGateway).gateways.get("routes/public")).toMatchObject({namespaces: ["routes"], workloads: []});
});

const kubernetesGateway = (more = ""): string =>
  `{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: public, namespace: shop}, spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, hostname: shop.example.com}, {name: all, port: 81}]${more}}}\n---\n`;

test("a gateway of the Gateway API has the pods that istiod makes for it", () => {
  expect(facts(kubernetesGateway()).gateways.get("shop/public")).toMatchObject({
    api: "gateway-api",
    namespaces: ["shop"],
    selector: {"gateway.networking.k8s.io/gateway-name": "public"},
    servers: [
      {port: 80, hosts: ["shop.example.com"]},
      {port: 81, hosts: ["*"]},
    ],
  });
  const byAddress = kubernetesGateway(", addresses: [{type: IPAddress, value: 10.0.0.1}]");
  expect(facts(byAddress).gateways.get("shop/public")?.selector).toHaveProperty(
    "gateway.networking.k8s.io/gateway-name",
  );
});

test("a gateway of the Gateway API that names a Service has the pods of that one", () => {
  const named = kubernetesGateway(", addresses: [{type: Hostname, value: edge.shop.svc.cluster.local}]");
  expect(facts(service("edge") + named).gateways.get("shop/public")?.selector).toEqual({app: "edge"});
  expect(facts(named).gateways.get("shop/public")?.selector).toEqual({});
});

const entry = `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: e, namespace: shop}, spec: {hosts: ["*.bank.com"], location: MESH_EXTERNAL}}\n---\n`;
const toProxy = `{hosts: [api.bank.com], http: [{route: [{destination: {host: proxy}}]}]}`;

test("what a VirtualService of the mesh sends a host outside to stands there for it", () => {
  expect(facts(service("proxy") + entry + virtualService(toProxy))).toMatchObject({
    egressGateways: [],
    standIns: ["shop/proxy"],
  });
  const tls = `{hosts: [api.bank.com], gateways: [mesh, g], tls: [{route: [{destination: {host: proxy.shop.svc.cluster.local}}]}]}`;
  expect(facts(service("proxy") + entry + virtualService(tls)).standIns).toEqual(["shop/proxy"]);
});

const httpRoute = (parent: string, backend: string): string =>
  `{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: h, namespace: shop}, spec: {parentRefs: [${parent}], rules: [{backendRefs: [${backend}]}]}}\n---\n`;
const ofEntry = "{group: networking.istio.io, kind: ServiceEntry, name: e}";

test.each([
  ["a Service", "{name: proxy, port: 80}"],
  ["a Service by its namespace", "{kind: Service, name: proxy, namespace: shop, port: 80}"],
  ["a host", "{group: networking.istio.io, kind: Hostname, name: proxy.shop.svc.cluster.local, port: 80}"],
])("what an HTTPRoute of a ServiceEntry names as %s is an egress gateway", (_, backend) => {
  const gateway = istioGateway.replace("{istio: ingress}", "{app: proxy}");
  const all = service("proxy") + gateway + entry;
  expect(facts(all + httpRoute(ofEntry, backend)).egressGateways).toEqual(["shop/proxy"]);
  expect(facts(all + httpRoute("{kind: Service, group: '', name: e}", backend)).egressGateways).toEqual([]);
  expect(facts(all + httpRoute("{name: e}", backend)).egressGateways).toEqual([]);
});

test("what serves a Gateway is an egress gateway for hosts that nobody declared", () => {
  const gateway = istioGateway.replace("{istio: ingress}", "{app: proxy}");
  for (const more of ["", entry])
    expect(facts(service("proxy") + gateway + more + virtualService(toProxy))).toMatchObject({
      egressGateways: ["shop/proxy"],
      standIns: [],
    });
});

test.each([
  ["a name of its own for a Service of the mesh", service("proxy") + virtualService(toProxy)],
  [
    "a route of a gateway",
    service("proxy") + entry + virtualService(toProxy.replace("hosts:", "gateways: [g], hosts:")),
  ],
  [
    "a host of the mesh",
    service("proxy") + service("cart") + entry + virtualService(toProxy.replace("api.bank.com", "cart")),
  ],
])("%s makes no egress gateway", (_, text) => {
  expect(facts(text)).toMatchObject({egressGateways: [], standIns: []});
});

test("a namespace says whether it is ambient", () => {
  const text = `{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {istio.io/dataplane-mode: ambient}}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: b}}`;
  expect(Object.fromEntries(facts(text).namespaces)).toEqual({a: {ambient: true}, b: {ambient: false}});
});

const ours = ", labels: {app.kubernetes.io/managed-by: meshlane}";

test("objects that Meshlane wrote are no facts", () => {
  expect(facts(virtualService("{hosts: [cart]}", ours)).virtualServices).toEqual([]);
  expect(facts(virtualService("{hosts: [cart]}")).virtualServices).toHaveLength(1);
});

test("a VirtualService that was handed over counts as its owner had it", () => {
  const adopted = virtualService(
    "{hosts: [cart], http: []}",
    `${ours}, annotations: {meshlane.dev/original: '{"hosts":["cart"],"tcp":[]}'}`,
  );
  expect(facts(adopted).virtualServices.map(({spec}) => spec)).toEqual([{hosts: ["cart"], tcp: []}]);
});

test("the Service of a fork is a fact, whoever wrote it", () => {
  const fork = service("cart--ann").replace("namespace: shop", `namespace: shop${ours}`);
  expect(facts(fork).kubernetesServices.has("shop/cart--ann")).toBe(true);
});

test("the order of the objects does not matter", () => {
  const text =
    service("cart") + service("payment") + pod("a", "{app: cart, version: v1}") + deployment("b", "{app: cart}");
  const all = objects(text + istioGateway + entry);
  const shown = (some: KubernetesObject[]): string =>
    JSON.stringify(clusterFacts(some), (_, value: unknown) => (value instanceof Map ? [...value] : value));
  expect(shown(all.toReversed())).toBe(shown(all));
});

test("objects with nothing in them break nothing", () => {
  const kinds = ["v1/Service", "networking.istio.io/v1/Gateway", "networking.istio.io/v1/VirtualService"];
  const more = [
    "gateway.networking.k8s.io/v1/Gateway",
    "apps/v1/Deployment",
    "discovery.k8s.io/v1/EndpointSlice",
    "v1/Pod",
  ];
  const empty = [...kinds, ...more].map((key) => ({
    apiVersion: key.slice(0, key.lastIndexOf("/")),
    kind: key.slice(key.lastIndexOf("/") + 1),
    metadata: {name: "x"},
  }));
  const known = clusterFacts(empty);
  expect(known.kubernetesServices.get("default/x")).toMatchObject({ports: [], selector: {}});
  expect(known.ready({service: "default/x"})).toBe(false);
});
