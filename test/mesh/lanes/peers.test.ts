import {afterAll, beforeAll, describe, expect, test} from "vitest";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {
  applyLanes,
  deleteLanes,
  groupObject,
  INGRESS,
  installMeshlane,
  laneObject,
  type Mesh,
  type PodView,
  receivedBy,
  type ShopReply,
  theMesh,
} from "../client/index.ts";
import {analysis} from "../objects/analysis.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";
import {laneShop, SOON, traced, untilPath} from "./lane-shop.ts";

const NAMESPACE = "lanes-peers";
const HOST = "lanes-peers.localhost";
const LANE = "peers-ann";
/** Nobody's: RFC 5737. */
const ELSEWHERE = "192.0.2.7";
const SETTINGS = {apiVersion: "v1", kind: "ConfigMap", metadata: {name: "meshlane", namespace: "meshlane-system"}};

let mesh: Mesh;
let group: KubernetesObject;
const lane = laneObject(NAMESPACE, LANE, {payment: "payment--ann"});

beforeAll(async () => {
  mesh = await theMesh();
  const machine = mesh.registry.split(":")[0]!;
  group = groupObject(
    "shop",
    {
      services: ["payment", "door"],
      entry: {
        gateways: [`${INGRESS}/public`],
        services: ["door"],
        hosts: [HOST, "door"],
        lane: [
          {header: "x-swimlane", from: ["10.0.0.0/8"]},
          {header: "x-elsewhere", from: [`${ELSEWHERE}/32`]},
          {header: "x-machine", from: [`${machine}/32`]},
        ],
      },
    },
    NAMESPACE,
  );
  await installMeshlane(mesh);
  const playground = playgroundWith({
    frontend: {calls: ["payment"]},
    door: {calls: ["payment"]},
    payment: {},
    "payment--ann": {},
  });
  await laneShop(mesh, NAMESPACE, {playground, groups: [group], hosts: [HOST]});
  await applyLanes(mesh, lane);
  await untilPath(askLane, "frontend -> payment--ann");
});
afterAll(async () => {
  await deleteLanes(mesh, lane, group);
  await mesh.removeNamespace(NAMESPACE);
});

function askLane(): Promise<ShopReply> {
  return mesh.request({host: HOST, headers: {"x-swimlane": LANE}, newConnection: true});
}

/** From this machine to a pod, without mTLS. */
async function askPlain(app: string, headers: Record<string, string>): Promise<ShopReply> {
  return mesh.requestTo(await mesh.pod(NAMESPACE, {app}), {host: app, headers, newConnection: true});
}

const context = {"x-swimlane": LANE, baggage: `a=1,swimlane=${LANE}`};

describe("a peer without mTLS", () => {
  test("is not believed: its context goes, and is not remembered", async () => {
    const reply = await askPlain("frontend", {...context, ...traced().headers});
    expect(reply.path).toBe("frontend -> payment");
    const {headers} = receivedBy(reply.echo, "frontend")!;
    expect(headers).not.toHaveProperty("x-swimlane");
    expect(headers["baggage"]).toBe("a=1");
  });

  describe("where plain text is accepted", () => {
    beforeAll(() => setPlainText("true"));
    afterAll(() => setPlainText("false"));

    test("is believed", async () => {
      const reply = await untilPath(
        () => askPlain("frontend", {...context, ...traced().headers}),
        "frontend -> payment--ann",
      );
      expect(receivedBy(reply.echo, "frontend")?.headers).toMatchObject(context);
    });
  });

  async function setPlainText(plainText: string): Promise<void> {
    const {name, namespace} = SETTINGS.metadata;
    const patch = JSON.stringify({data: {plainText}});
    await mesh.kubectl("patch", "configmap", name, "-n", namespace, "--type=merge", "-p", patch);
    await applyLanes(mesh, group);
    const path = plainText === "true" ? "frontend -> payment--ann" : "frontend -> payment";
    await untilPath(() => askPlain("frontend", {...context, ...traced().headers}), path);
  }
});

describe("an entry service", () => {
  test("lets a peer without mTLS ask for a lane, from where it may", async () => {
    const reply = await untilPath(
      () => askPlain("door", {...traced().headers, "x-machine": LANE}),
      "door -> payment--ann",
    );
    expect(receivedBy(reply.echo, "door")?.headers).toMatchObject({"x-swimlane": LANE});
  });

  test("goes by the address that it connects from, not by an x-forwarded-for of its own", async () => {
    const forged = {"x-forwarded-for": ELSEWHERE, "x-envoy-external-address": ELSEWHERE, "x-elsewhere": LANE};
    const reply = await askPlain("door", {...traced().headers, ...forged});
    expect(reply.path).toBe("door -> payment");
    expect(receivedBy(reply.echo, "door")?.headers).not.toHaveProperty("x-swimlane");
  });

  test("takes what its peers of the mesh decided", async () => {
    const frontend = await mesh.pod(NAMESPACE, {app: "frontend"});
    const headers = {"x-swimlane": LANE, ...traced().headers};
    const reply = await mesh.requestFrom(frontend, {url: "http://door/", headers});
    expect(reply.path).toBe("door -> payment--ann");
  });
});

describe("an AuthorizationPolicy comes before the filter", () => {
  const policy = {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: {name: "closed", namespace: NAMESPACE},
    spec: {
      selector: {matchLabels: {app: "frontend"}},
      action: "DENY",
      rules: [{to: [{operation: {paths: ["/closed"]}}]}],
    },
  } as KubernetesObject;
  const ask = (url: string) => traced({host: HOST, url, headers: {"x-swimlane": LANE}});
  beforeAll(async () => {
    await mesh.apply(policy);
    // Each worker of the gateway has connections of its own, which end at the listener that they were opened to.
    const denied = async () => {
      const asked = Array.from({length: 12}, () => mesh.request({...ask("/closed"), newConnection: true}));
      return (await Promise.all(asked)).every(({status}) => status === 403);
    };
    await until(denied, {what: "the policy holds for every connection of the gateway", ...SOON});
  });
  afterAll(() => mesh.delete(policy));

  async function pathAfterwards(url: string, pod: PodView): Promise<[number, string]> {
    const request = ask(url);
    const {status} = await mesh.request({...request, newConnection: true});
    const {traceparent} = request.headers as {traceparent: string};
    const {path} = await mesh.requestFrom(pod, {url: "http://payment/", headers: {traceparent}});
    return [status, path];
  }

  test("a request that is denied is not remembered", async () => {
    const frontend = await mesh.pod(NAMESPACE, {app: "frontend"});
    expect(await pathAfterwards("/open", frontend)).toEqual([200, "payment--ann"]);
    expect(await pathAfterwards("/closed", frontend)).toEqual([403, "payment"]);
  });
});

describe("STRICT mTLS", () => {
  const strict = {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: {name: "default", namespace: NAMESPACE},
    spec: {mtls: {mode: "STRICT"}},
  } as KubernetesObject;
  beforeAll(async () => {
    await mesh.apply(strict);
    const refused = async () => (await askPlain("frontend", {})).status === 0;
    await until(refused, {what: "plain text is refused", ...SOON});
  });
  afterAll(() => mesh.delete(strict));

  test("requests keep their lanes, and what was open goes on", async () => {
    await untilPath(askLane, "frontend -> payment--ann");
    expect((await mesh.request({host: HOST})).path).toBe("frontend -> payment");
  });
});

test("the API server and istioctl analyze take all that is written, without a message", async () => {
  expect(await analysis(mesh, [NAMESPACE])).toEqual([]);
});
