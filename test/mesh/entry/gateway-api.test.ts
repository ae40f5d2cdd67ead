import {afterAll, beforeAll, expect, test} from "vitest";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {
  applyLanes,
  deleteLanes,
  GATEWAY_PORT,
  groupObject,
  INGRESS,
  installMeshlane,
  laneObject,
  type Mesh,
  type PodView,
  theMesh,
} from "../client/index.ts";
import {analysis} from "../objects/analysis.ts";
import {hostOf, virtualService} from "../objects/users.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";

const SHOP = "entry-api";
/** Of the harness's own namespace, and of a Service of type LoadBalancer that nobody balances here. */
const KNOWN = [`IST0102 Namespace ${INGRESS}`, `IST0171 Gateway ${SHOP}/own`, `IST0171 Gateway ${INGRESS}/beside`];
const api = "gateway.networking.k8s.io/v1";

/** A gateway of the Gateway API; `addresses`: of pods that run already, else istiod makes some. */
function gateway(namespace: string, name: string, port: number, addresses: readonly object[] = []): KubernetesObject {
  const listener = {name: "http", port, protocol: "HTTP", allowedRoutes: {namespaces: {from: "All"}}};
  return {
    apiVersion: api,
    kind: "Gateway",
    metadata: {name, namespace},
    spec: {gatewayClassName: "istio", listeners: [listener], ...(addresses.length === 0 ? {} : {addresses})},
  } as KubernetesObject;
}

function route(
  name: string,
  parent: {namespace: string; name: string},
  host: string,
  service: string,
): KubernetesObject {
  const rules = [{backendRefs: [{name: service, port: 80}]}];
  const spec = {parentRefs: [parent], hostnames: [host], rules};
  return {apiVersion: api, kind: "HTTPRoute", metadata: {name, namespace: SHOP}, spec};
}

const own = {namespace: SHOP, name: "own"};
/** On the pods of the gateway `istio-ingress/public`, which Istio's Gateway of that name has too. */
const beside = {namespace: INGRESS, name: "beside"};
const host = {type: "Hostname", value: `public.${INGRESS}.svc.cluster.local`};
const gateways = [gateway(SHOP, own.name, GATEWAY_PORT), gateway(INGRESS, beside.name, 80, [host])];
const users = [
  route("behind", own, "behind.api.localhost", "frontend"),
  route("merged", own, "merged.api.localhost", "frontend"),
  route("beside", beside, "beside.api.localhost", "frontend"),
  virtualService(SHOP, "istios", {
    hosts: ["istio.api.localhost"],
    gateways: [`${INGRESS}/public`],
    http: [{name: "all", route: [{destination: {host: hostOf("frontend", SHOP), port: {number: 80}}}]}],
  }),
];
const entry = (namespaced: readonly string[], routes: readonly object[]) => ({
  gateways: namespaced,
  hosts: ["*.api.localhost"],
  lane: [{header: "x-swimlane", anyone: true}],
  routes,
});
const group = (namespaced: readonly string[], ...routes: object[]) =>
  groupObject(SHOP, {services: ["frontend", "cart"], entry: entry(namespaced, routes)});
const ann = laneObject(SHOP, "ann", {frontend: "frontend--ann", cart: "cart--ann"});
const bob = laneObject(SHOP, "bob", {cart: "cart--bob"});

let mesh: Mesh;
let pods: PodView;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  const calls = {calls: ["cart"]};
  const services = {frontend: calls, "frontend--ann": calls, cart: {}, "cart--ann": {}, "cart--bob": {}};
  await mesh.shop(SHOP, playgroundWith(services));
  await mesh.apply(...gateways, ...users);
  await until(async () => (await mesh.pods(SHOP, {"gateway.networking.k8s.io/gateway-name": own.name})).length === 1, {
    what: "istiod has made the gateway's pod",
  });
  await mesh.ready(SHOP);
  pods = await mesh.pod(SHOP, {"gateway.networking.k8s.io/gateway-name": own.name});
});
afterAll(async () => {
  await deleteLanes(mesh, ann, bob, group([`${SHOP}/own`]));
  await mesh.delete(...gateways);
  await mesh.removeNamespace(SHOP);
});

const headers = (lane: string): Record<string, string> => (lane === "" ? {} : {"x-swimlane": lane});
const atOwn = async (name: string, lane = "") =>
  (await mesh.requestTo(pods, {host: `${name}.api.localhost`, headers: headers(lane)})).path;
const atPublic = async (name: string, lane = "") =>
  (await mesh.request({host: `${name}.api.localhost`, headers: headers(lane)})).path;

const comesTo = (ask: () => Promise<string>, path: string) =>
  until(async () => (await ask()) === path, {what: `the request comes to ${path}`});

test("a gateway of the Gateway API is an entry: handed over, merged into a rule, or for services behind", async () => {
  const routes = [
    {service: "frontend", hosts: ["handed.api.localhost"]},
    {service: "frontend", merge: {httpRoute: `${SHOP}/merged`, route: `${SHOP}.merged.0`}},
  ];
  await applyLanes(mesh, group([`${SHOP}/own`], ...routes), ann, bob);
  for (const name of ["handed", "merged"]) {
    await comesTo(() => atOwn(name, "ann"), "frontend--ann -> cart--ann");
    await comesTo(() => atOwn(name, "bob"), "frontend -> cart--bob");
    await comesTo(() => atOwn(name), "frontend -> cart");
  }
  await comesTo(() => atOwn("behind", "bob"), "frontend -> cart--bob");
  expect(await atOwn("behind", "ann"), "nobody chose a way there").toBe("frontend -> cart--ann");
  expect(await analysis(mesh, [SHOP], KNOWN)).toEqual([]);
});

test("Istio's Gateway and one of the Gateway API on the same pods are one entry, with one edge", async () => {
  const routes = [
    {service: "frontend", merge: {httpRoute: `${SHOP}/beside`, route: `${SHOP}.beside.0`}},
    {service: "frontend", merge: {virtualService: `${SHOP}/istios`, route: "all"}},
  ];
  await applyLanes(mesh, group([`${INGRESS}/public`, `${INGRESS}/beside`], ...routes), ann, bob);
  for (const name of ["beside", "istio"]) {
    await comesTo(() => atPublic(name, "ann"), "frontend--ann -> cart--ann");
    await comesTo(() => atPublic(name, "bob"), "frontend -> cart--bob");
    await comesTo(() => atPublic(name), "frontend -> cart");
  }
  const plugins = await mesh.kubectl("get", "wasmplugins", "-n", INGRESS, "-l", "meshlane.dev/part=edge", "-o", "name");
  expect(plugins.trim().split("\n")).toHaveLength(1);
  expect(await analysis(mesh, [SHOP, INGRESS], KNOWN)).toEqual([]);
});
