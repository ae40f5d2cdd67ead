import {once} from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type {AddressInfo} from "node:net";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {
  applyLanes,
  deleteLanes,
  GATEWAY_PORT,
  gatewayDeployment,
  groupObject,
  INGRESS,
  installMeshlane,
  laneObject,
  type Mesh,
  type PodView,
  receivedBy,
  theMesh,
} from "../client/index.ts";
import {UNREACHED} from "../../../manager/render/unreached.ts";
import {analysis} from "../objects/analysis.ts";
import {playgroundWith} from "../shop/playground.ts";
import {laneShop, traced, untilPath} from "./lane-shop.ts";

const NAMESPACE = "lanes-outside";
const HOST = "lanes-outside.localhost";
const BANK = "bank.example.com";
/** Reached through an egress gateway. */
const FAR = "far.example.com";
/** Reached through an egress gateway by routes of the Gateway API. */
const FARTHER = "farther.example.com";
const LANE = "outside-ann";

const entry = {gateways: [`${INGRESS}/public`], hosts: [HOST], lane: [{header: "x-swimlane", from: ["10.0.0.0/8"]}]};
const group = (routing: string) => groupObject("shop", {services: ["cart"], routing, entry}, NAMESPACE);
const lane = laneObject(NAMESPACE, LANE, {cart: "cart--ann"});

let mesh: Mesh;
let server: Server;
let received: IncomingHttpHeaders[];
let frontend: PodView;
/** The address of this machine in the mesh. */
let machine: string;

beforeAll(async () => {
  mesh = await theMesh();
  machine = mesh.registry.split(":")[0]!;
  server = createServer(answer);
  // One that closes idle connections may close one as the proxy uses it again, which is a 503.
  server.keepAliveTimeout = 0;
  await once(server.listen(80, machine), "listening");
  await installMeshlane(mesh);
  const playground = playgroundWith({frontend: {calls: ["cart"]}, cart: {}, "cart--ann": {}});
  await mesh.namespace(NAMESPACE);
  await mesh.apply(...outsideObjects());
  await laneShop(mesh, NAMESPACE, {playground, groups: [group("native")], hosts: [HOST]});
  frontend = await mesh.pod(NAMESPACE, {app: "frontend"});
});
afterAll(async () => {
  await deleteLanes(mesh, lane, group("native"));
  await mesh.removeNamespace(NAMESPACE);
  server.close();
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  received.push(request.headers);
  response.end("outside");
}

function outsideObjects(): KubernetesObject[] {
  const istio = (kind: string, name: string, spec: object): KubernetesObject =>
    ({apiVersion: "networking.istio.io/v1", kind, metadata: {name, namespace: NAMESPACE}, spec}) as KubernetesObject;
  const outside = (name: string, host: string): KubernetesObject =>
    istio("ServiceEntry", name, {
      hosts: [host],
      location: "MESH_EXTERNAL",
      resolution: "STATIC",
      ports: [{number: 80, name: "http", protocol: "HTTP"}],
      endpoints: [{address: machine}],
    });
  const httpRoute = (name: string, parent: object, backend: object): KubernetesObject => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: {name, namespace: NAMESPACE},
    spec: {parentRefs: [parent], rules: [{backendRefs: [{...backend, port: 80}]}]},
  });
  const labels = {app: "egress"};
  const through = `egress.${NAMESPACE}.svc.cluster.local`;
  return [
    outside("bank", BANK),
    outside("far", FAR),
    outside("farther", FARTHER),
    httpRoute("farther-mesh", {group: "networking.istio.io", kind: "ServiceEntry", name: "farther"}, {name: "egress"}),
    gatewayDeployment("egress", labels, NAMESPACE),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: {name: "egress", namespace: NAMESPACE},
      spec: {selector: labels, ports: [{name: "http", port: 80, targetPort: GATEWAY_PORT}]},
    } as KubernetesObject,
    istio("Gateway", "egress", {
      selector: labels,
      servers: [{port: {number: 80, name: "http", protocol: "HTTP"}, hosts: [FAR, FARTHER]}],
    }),
    istio("VirtualService", "farther", {
      hosts: [FARTHER],
      gateways: ["egress"],
      http: [{route: [{destination: {host: FARTHER, port: {number: 80}}}]}],
    }),
    istio("VirtualService", "far", {
      hosts: [FAR],
      gateways: ["mesh", "egress"],
      http: [
        {match: [{gateways: ["mesh"]}], route: [{destination: {host: through, port: {number: 80}}}]},
        {match: [{gateways: ["egress"]}], route: [{destination: {host: FAR, port: {number: 80}}}]},
      ],
    }),
  ];
}

/** What the server outside received. */
async function sent(pod: PodView, url: string, host: string | undefined, headers: Record<string, string>) {
  received = [];
  const {status, body} = await mesh.requestFrom(pod, {url, ...(host === undefined ? {} : {host}), headers});
  const [only, ...more] = received;
  if (status !== 200 || body !== "outside" || more.length > 0 || only === undefined)
    throw new Error(`the server outside did not answer: ${status} ${body}`);
  return only;
}

const ways = {
  "to a ServiceEntry's host": () => ({url: `http://${machine}/`, host: BANK}),
  "through an egress gateway": () => ({url: `http://${machine}/`, host: FAR}),
  "through an egress gateway by an HTTPRoute": () => ({url: `http://${machine}/`, host: FARTHER}),
  "to an address that is no Service's": () => ({url: `http://${machine}/`}),
};

describe.each(["native", "routes"] as const)("routing: %s:", (routing) => {
  beforeAll(async () => {
    await applyLanes(mesh, group(routing), lane);
    await untilPath(() => mesh.request({host: HOST, headers: {"x-swimlane": LANE}}), "frontend -> cart--ann");
  });

  describe.each(Object.entries(ways))("the context never leaves the mesh %s", (_way, place) => {
    const members = "a=1,swimlane=outside-ann,b=2";

    test("as the program sends it: header and member go, other members stay", async () => {
      const {url, host} = {host: undefined, ...place()};
      const headers = await sent(frontend, url, host, {"x-swimlane": LANE, baggage: members, "x-own": "1"});
      expect(headers).not.toHaveProperty("x-swimlane");
      expect(headers["baggage"]).toBe("a=1,b=2");
      expect(headers["x-own"]).toBe("1");
    });

    test("by a trace id of the lane", async () => {
      const request = traced({host: HOST, headers: {"x-swimlane": LANE}});
      expect((await mesh.request(request)).path).toBe("frontend -> cart--ann");
      const {traceparent} = request.headers as {traceparent: string};
      const inside = await mesh.requestFrom(frontend, {url: "http://cart/", headers: {traceparent}});
      expect(inside.path).toBe("cart--ann");
      const {url, host} = {host: undefined, ...place()};
      const headers = await sent(frontend, url, host, {traceparent, baggage: "a=1"});
      expect(headers).not.toHaveProperty("x-swimlane");
      expect(headers["baggage"]).toBe("a=1");
    });

    test("from a pod of the lane", async () => {
      const own = await mesh.pod(NAMESPACE, {app: "cart--ann"});
      const inside = await mesh.requestFrom(own, {url: "http://cart/"});
      expect(receivedBy(inside.echo, "cart--ann")?.headers).toMatchObject({"x-swimlane": LANE});
      const {url, host} = {host: undefined, ...place()};
      const headers = await sent(own, url, host, {});
      expect(headers).not.toHaveProperty("x-swimlane");
      expect(headers).not.toHaveProperty("baggage");
    });
  });

  test("what the mesh's proxies tell each other is taken off replies at the group's gateway", async () => {
    const [gateway] = await mesh.pods(INGRESS, {app: "public"});
    const dump = await mesh.envoy(gateway!, "/config_dump?resource=dynamic_route_configs");
    const {configs} = JSON.parse(dump) as {configs: {route_config: {response_headers_to_remove?: string[]}}[]};
    expect(configs).not.toEqual([]);
    for (const {route_config} of configs) expect(route_config.response_headers_to_remove).toContain(UNREACHED);
  });

  test("the context does not go to the address of a pod either", async () => {
    const {address} = await mesh.pod(NAMESPACE, {app: "cart"});
    const headers = {"x-swimlane": LANE, baggage: "a=1,swimlane=outside-ann"};
    const {echo} = await mesh.requestFrom(frontend, {url: `http://${address}:8080/`, headers});
    const there = receivedBy(echo, "cart")!.headers;
    expect(there).not.toHaveProperty("x-swimlane");
    expect(there["baggage"]).toBe("a=1");
  });

  test("to a port where the proxy passes bytes on, it adds no context to them; what the program wrote is the program's", async () => {
    const other = createServer(answer);
    await once(other.listen(0, machine), "listening");
    const url = `http://${machine}:${(other.address() as AddressInfo).port}/`;
    const own = await mesh.pod(NAMESPACE, {app: "cart--ann"});
    const headers = await sent(own, url, undefined, {"x-own": "1"});
    other.close();
    expect(headers).toMatchObject({"x-own": "1"});
    expect(headers).not.toHaveProperty("x-swimlane");
    expect(headers).not.toHaveProperty("baggage");
  });

  test("the API server and istioctl analyze take all that is written, without a message", async () => {
    expect(await analysis(mesh, [NAMESPACE])).toEqual([]);
  });
});
