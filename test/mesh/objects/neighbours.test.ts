import {afterAll, afterEach, beforeAll, describe, expect, test} from "vitest";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {
  applyLanes,
  deleteLanes,
  deploymentObject,
  groupObject,
  installMeshlane,
  laneObject,
  type Mesh,
  meshlane,
  type PodView,
  theMesh,
} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";
import {analysis} from "./analysis.ts";
import {clustersOf, hostOf} from "./users.ts";

const SHOP = "own-objects";
const CART = hostOf("cart", SHOP);

/** That so many Services share the pods of a few is for this test only. */
const KNOWN = [`IST0137 Deployment ${SHOP}/cart`, `IST0137 Deployment ${SHOP}/cart--ann`];

type Port = {name: string; port: number};

/** A Service of a user's with the baseline's pods, or the lane's, that listens at 8080. */
function service(name: string, app: string, ports: readonly Port[], more: object = {}): KubernetesObject {
  const selector = app === "cart" ? {app, version: "v1"} : {app};
  const spec = {selector, ports: ports.map((port) => ({...port, targetPort: 8080})), ...more};
  return {apiVersion: "v1", kind: "Service", metadata: {name, namespace: SHOP}, spec};
}

/** A Service that is another name for a host. */
function alias(name: string, externalName: string, port: number): KubernetesObject {
  const spec = {type: "ExternalName", externalName, ports: [{name: "http", port}]};
  return {apiVersion: "v1", kind: "Service", metadata: {name, namespace: SHOP}, spec};
}

const late = [{name: "http", port: 8080}];
const wide = [
  {name: "http", port: 80},
  {name: "http-admin", port: 8081},
  {name: "tcp-raw", port: 9000},
];
const headless = {clusterIP: "None"};
const services = [
  service("late", "cart", late),
  service("late--ann", "cart--ann", late),
  service("wide", "cart", wide),
  service("wide--ann", "cart--ann", wide),
  service("bare", "cart", late, headless),
  service("bare--ann", "cart--ann", late),
  service("bare--bob", "cart--ann", late, headless),
  alias("basket", CART, 80),
  alias("late--eve", "late.example.com", 8080),
];
const group = (routing: string) =>
  groupObject(SHOP, {services: ["cart", "late", "wide", "bare"], baseline: {labels: {version: "v1"}}, routing});
const ann = laneObject(SHOP, "ann", {cart: "cart--ann", late: "late--ann", wide: "wide--ann", bare: "bare--ann"});
const next = laneObject(SHOP, "next", {cart: {labels: {version: "v2"}}});

let mesh: Mesh;
let caller: PodView;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  const workloads = [{name: "cart", labels: {version: "v1"}}];
  await mesh.shop(SHOP, playgroundWith({caller: {}, cart: {workloads}, "cart--ann": {}}));
  const cart = {name: "cart", calls: [], forwards: []};
  await mesh.apply(...services, deploymentObject(SHOP, cart, {name: "cart-v2", labels: {version: "v2"}}));
  await mesh.ready(SHOP);
  caller = await mesh.pod(SHOP, {app: "caller"});
});
afterAll(() => mesh.removeNamespace(SHOP));

const ask = async (url: string, lane = "", host?: string) => {
  const headers = lane === "" ? {} : {"x-swimlane": lane};
  return (await mesh.requestFrom(caller, {url, headers, ...(host === undefined ? {} : {host})})).path;
};

const apply = (...objects: KubernetesObject[]) =>
  meshlane(mesh, ["apply", "-f", "-", "--wait"], objects.map((object) => JSON.stringify(object)).join("\n---\n"));

describe.each(["native", "routes"])("routing: %s", (routing) => {
  beforeAll(() => applyLanes(mesh, group(routing), ann, next));
  afterAll(() => deleteLanes(mesh, ann, next, group(routing)));

  test("a Service at another port is routed", async () => {
    expect(await ask("http://late:8080/", "ann")).toBe("cart--ann");
    expect(await ask("http://late:8080/")).toBe("cart");
  });

  test("each HTTP port of a Service is routed", async () => {
    expect(await ask("http://wide/", "ann")).toBe("cart--ann");
    expect(await ask("http://wide:8081/", "ann")).toBe("cart--ann");
    expect(await ask("http://wide:8081/")).toBe("cart");
  });

  test("a TCP port is left alone", async () => {
    expect(await ask("http://wide:9000/", "ann")).toBe("cart");
  });

  test("a headless Service is routed to a lane whose Service has a cluster IP", async () => {
    expect(await ask("http://bare:8080/")).toBe("cart");
    expect(await ask("http://bare:8080/", "ann")).toBe("cart--ann");
  });

  test.each([
    ["headless", {bare: "bare--bob"}, "bare--bob: is headless"],
    ["ExternalName", {late: "late--eve"}, "late--eve: is of type ExternalName"],
  ])("a lane's %s Service is refused with the reason", async (_kind, overrides, why) => {
    const bob = laneObject(SHOP, "bob", overrides);
    const {code, stderr} = await apply(bob);
    expect({code, stderr}).toMatchObject({code: 1, stderr: expect.stringContaining(`Service ${SHOP}/${why}`)});
    await deleteLanes(mesh, bob);
  });

  test("an alias follows the lanes of the Service that it names", async () => {
    expect(await ask("http://cart/", "", `basket.${SHOP}.svc.cluster.local`)).toBe("cart");
    expect(await ask("http://cart/", "ann", `basket.${SHOP}.svc.cluster.local`)).toBe("cart--ann");
  });

  test("pods that share the Service are told apart by their labels", async () => {
    expect(await ask("http://cart/", "next")).toBe("cart-v2");
    for (const _again of [1, 2, 3, 4]) expect(await ask("http://cart/")).toBe("cart");
  });

  test("the API server and istioctl analyze have nothing to say of what is written", async () => {
    expect(await analysis(mesh, [SHOP], KNOWN)).toEqual([]);
  });

  test("a DestinationRule's traffic policy holds for the lanes too, and its subsets stay", async () => {
    const policy = {connectionPool: {http: {http2MaxRequests: 77}}};
    const subsets = [{name: "users", labels: {version: "v1"}}];
    const rule: KubernetesObject = {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: {name: "users", namespace: SHOP},
      spec: {host: CART, trafficPolicy: policy, subsets},
    };
    await mesh.apply(rule);
    try {
      await applyLanes(mesh, group(routing), ann, next);
      const limited = async () => {
        const clusters = await clustersOf(mesh, caller);
        const names = new RegExp(`^outbound\\|80\\|(users|meshlane-v\\d-\\w+|)\\|cart(--ann)?\\.${SHOP}\\.`);
        const ours = clusters.filter(({name}) => names.test(name));
        return ours.length === 5 && ours.every(({maxRequests}) => maxRequests === 77) && ours;
      };
      await until(limited, {what: "all clusters of cart and its lanes have the limit"});
      expect(await ask("http://cart/", "next")).toBe("cart-v2");
      expect(await ask("http://cart/", "ann")).toBe("cart--ann");
    } finally {
      await mesh.delete(rule);
    }
  });
});

test("an alias that is a service of the group has lanes of its own, which requests by the other name do not follow", async () => {
  const own = groupObject(SHOP, {services: ["basket"]});
  const lane = laneObject(SHOP, "ann", {basket: "cart--ann"});
  await applyLanes(mesh, own, lane);
  try {
    const basket = `basket.${SHOP}.svc.cluster.local`;
    expect(await ask("http://cart/", "ann", basket)).toBe("cart--ann");
    expect(await ask("http://cart/", "", basket)).toMatch(/^cart/);
    expect(await ask("http://cart/", "ann")).toMatch(/^cart(-v2)?$/);
  } finally {
    await deleteLanes(mesh, lane, own);
  }
});

describe("a Sidecar resource", () => {
  const sidecar: KubernetesObject = {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: {name: "narrow", namespace: SHOP},
    spec: {egress: [{hosts: [`./${CART}`, "istio-system/*"]}]},
  };
  const lane = laneObject(SHOP, "ann", {cart: "cart--ann"});
  beforeAll(() => mesh.apply(sidecar));
  afterEach(() => deleteLanes(mesh, lane, group("auto")));
  afterAll(() => mesh.delete(sidecar));

  test("that hides a lane's Service is reported natively, where such requests fall back", async () => {
    const {code, stderr} = await apply(group("native"), lane);
    expect(code).toBe(0);
    expect(stderr).toContain(
      `Sidecar ${SHOP}/narrow (yours): lets its pods see ${SHOP}/cart, but not ${SHOP}/cart--ann`,
    );
    expect(await ask("http://cart/", "ann")).toBe("cart");
  });

  test("that hides a lane's Service does not matter by routes: istiod shows what they name", async () => {
    const {code, stderr} = await apply(group("routes"), lane);
    expect(code).toBe(0);
    expect(stderr).not.toContain("Sidecar");
    expect(await ask("http://cart/", "ann")).toBe("cart--ann");
  });
});
