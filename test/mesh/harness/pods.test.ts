import {afterAll, beforeAll, expect, test} from "vitest";
import {deploymentObject, type Mesh, namespaceObject, receivedBy, serviceObject, theMesh} from "../client/index.ts";
import {untilPath} from "../lanes/lane-shop.ts";
import {playgroundWith} from "../shop/playground.ts";

const NAMESPACE = "harness-pods";
const PLAIN = "harness-plain";
const HOST = "pods.localhost";
/** A sidecar says there who has called it by mTLS. */
const CALLER = "x-forwarded-client-cert";
/** What changes in the cluster is seen by others a moment later. */
const SOON = {timeout: 60_000};
let mesh: Mesh;

beforeAll(async () => {
  mesh = await theMesh();
  const playground = playgroundWith({frontend: {calls: ["cart"]}, cart: {forwards: [CALLER]}});
  await mesh.shop(NAMESPACE, playground, {hosts: [HOST]});
  await mesh.namespace(PLAIN, {sidecars: false});
});
afterAll(() => Promise.all([mesh.removeNamespace(NAMESPACE), mesh.removeNamespace(PLAIN)]));

interface PodStatus {
  conditions: {type: string; status: string}[];
  containerStatuses: {name: string; restartCount: number; state: {waiting?: {reason: string}}}[];
}

async function statusOf(app: string): Promise<PodStatus> {
  const query = `?labelSelector=app%3D${app}`;
  const [pod] = await mesh.api.list({apiVersion: "v1", plural: "pods", namespace: NAMESPACE}, query);
  return pod!.status as PodStatus;
}

async function isReady(app: string): Promise<boolean> {
  return (await statusOf(app)).conditions.some(({type, status}) => type === "Ready" && status === "True");
}

test("Traffic between pods is mTLS, from sidecar to sidecar", async () => {
  const reply = await untilPath(() => mesh.request({host: HOST}), "frontend -> cart");
  const caller = receivedBy(reply.echo, "cart")?.headers[CALLER];
  expect(caller).toContain(`URI=spiffe://cluster.local/ns/${NAMESPACE}/sa/default`);
});

test("A pod without sidecar reaches Services by name, in plain text", async () => {
  await mesh.apply(deploymentObject(PLAIN, {name: "peer", calls: [], forwards: []}, {name: "peer", labels: {}}));
  await mesh.ready(PLAIN);
  const peer = await mesh.pod(PLAIN, {app: "peer"});
  expect(Object.keys(peer.pids)).toEqual(["app"]);
  const reply = await mesh.requestFrom(peer, {url: `http://cart.${NAMESPACE}/`});
  expect(reply).toMatchObject({status: 200, path: "cart"});
});

test("A Service that comes later is known in pods that run", async () => {
  const frontend = await mesh.pod(NAMESPACE, {app: "frontend"});
  await mesh.apply({
    ...serviceObject(NAMESPACE, "late"),
    spec: {selector: {app: "cart"}, ports: [{name: "http", port: 80, targetPort: 8080}]},
  });
  const ask = async () => (await mesh.requestFrom(frontend, {url: "http://late/"})).status;
  await expect.poll(ask, SOON).toBe(200);
});

test("Readiness follows the probe", async () => {
  const cart = await mesh.pod(NAMESPACE, {app: "cart"});
  mesh.kill(cart, "app", "SIGUSR2");
  await expect.poll(() => isReady("cart"), SOON).toBe(false);
  mesh.kill(cart, "app", "SIGUSR2");
  await expect.poll(() => isReady("cart"), SOON).toBe(true);
});

test("A program or sidecar that dies is started again, and its pod is unready meanwhile", async () => {
  const before = await mesh.pod(NAMESPACE, {app: "cart"});
  mesh.kill(before, "app");
  const restarts = async () => (await statusOf("cart")).containerStatuses[0]!.restartCount;
  await expect.poll(restarts, SOON).toBe(1);
  await expect.poll(() => isReady("cart"), SOON).toBe(true);
  mesh.kill(before, "istio-proxy");
  await expect.poll(() => isReady("cart"), SOON).toBe(false);
  await expect.poll(() => isReady("cart"), SOON).toBe(true);
  const after = await mesh.pod(NAMESPACE, {app: "cart"});
  expect(after.pids["app"]).not.toBe(before.pids["app"]);
  await expect.poll(async () => (await mesh.request({host: HOST})).path, SOON).toBe("frontend -> cart");
});

test("A rollout under load loses no request", async () => {
  const load = mesh.load(50, () => ({host: HOST}));
  await mesh.kubectl("rollout", "restart", "deployment/cart", "-n", NAMESPACE);
  await mesh.ready(NAMESPACE);
  await expect.poll(async () => (await mesh.pods(NAMESPACE, {app: "cart"})).length, SOON).toBe(1);
  const {sent, failed} = await load.stop();
  expect(sent).toBeGreaterThan(100);
  expect(failed).toEqual([]);
});

test("An image of another registry cannot be pulled, and the pod says so", async () => {
  const deployment = deploymentObject(NAMESPACE, {name: "away", calls: [], forwards: []}, {name: "away", labels: {}});
  const text = JSON.stringify(deployment).replace("meshlane.test/echo", "registry.example.com/away");
  await mesh.apply(JSON.parse(text) as typeof deployment);
  const reason = async () => (await statusOf("away")).containerStatuses?.[0]?.state.waiting?.reason;
  await expect.poll(reason, SOON).toBe("ImagePullBackOff");
  await mesh.delete(deployment);
});

test("A namespace that is removed takes its pods with it", async () => {
  const name = "harness-gone";
  await mesh.apply(namespaceObject(name, false));
  await mesh.shop(name, playgroundWith({only: {}}));
  const [pod] = await mesh.pods(name);
  expect(() => process.kill(pod!.pids["app"]!, 0)).not.toThrow();
  await mesh.removeNamespace(name);
  expect(() => process.kill(pod!.pids["app"]!, 0)).toThrow("ESRCH");
});
