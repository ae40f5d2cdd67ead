import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {
  applyLanes,
  deleteLanes,
  groupObject,
  installMeshlane,
  laneObject,
  meshlaneOk,
  type Mesh,
  receivedBy,
  type ShopReply,
  theMesh,
} from "../client/index.ts";
import {analysis} from "../objects/analysis.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";

const SHOP = "both-ways";
const HOST = `${SHOP}.localhost`;

let mesh: Mesh;
const lanes = [
  laneObject(SHOP, "ann", {cart: "cart--ann"}),
  laneObject(SHOP, "next", {cart: {labels: {version: "v2"}}}),
  laneObject(SHOP, "team", {ledger: "ledger--team"}),
  laneObject(SHOP, "carl", {ledger: "ledger--carl"}, {fallback: ["team"]}),
  laneObject(SHOP, "only", {cart: "cart--only"}, {strict: true}),
];

function group(routing: string) {
  return groupObject(SHOP, {
    services: ["frontend", "cart", "ledger"],
    routing,
    baseline: {labels: {version: "v1"}},
    entry: {gateways: ["istio-ingress/public"], hosts: [HOST], lane: [{header: "x-swimlane", anyone: true}]},
  });
}

beforeAll(async () => {
  mesh = await theMesh();
  const playground = playgroundWith({
    frontend: {calls: ["cart"]},
    cart: {
      calls: ["ledger"],
      workloads: [
        {name: "cart-v1", labels: {version: "v1"}},
        {name: "cart-v2", labels: {version: "v2"}},
      ],
    },
    ledger: {},
    "cart--ann": {calls: ["ledger"]},
    "cart--only": {calls: ["ledger"]},
    "ledger--team": {},
    "ledger--carl": {},
  });
  await installMeshlane(mesh);
  await mesh.shop(SHOP, playground, {hosts: [HOST]});
});
afterAll(async () => {
  await deleteLanes(mesh, group("native"), ...lanes);
  await mesh.removeNamespace(SHOP);
});

function ask(lane?: string): Promise<ShopReply> {
  return mesh.request({host: HOST, newConnection: true, headers: lane === undefined ? {} : {"x-swimlane": lane}});
}

async function wayOf(lane?: string): Promise<string> {
  return (await ask(lane)).path;
}

async function scale(workload: string, replicas: number): Promise<void> {
  await mesh.kubectl("-n", SHOP, "scale", "deployment", workload, `--replicas=${replicas}`);
  await mesh.ready(SHOP);
}

const BASELINE = "frontend -> cart-v1 -> ledger";

describe.each(["native", "routes"] as const)("routing: %s:", (routing) => {
  /** Routes go where pods are ready when they are written; a controller would write them anew. */
  async function follow(): Promise<void> {
    if (routing === "routes") await meshlaneOk(mesh, ["apply", "-f", "-", "--wait"], JSON.stringify(group(routing)));
  }

  /** Natively the callers know as soon as istiod has told them of the endpoints. */
  async function becomes(lane: string, path: string): Promise<void> {
    await until(async () => (await wayOf(lane)) === path, {what: `lane ${lane} goes ${path}`});
  }

  beforeAll(() => applyLanes(mesh, group(routing), ...lanes));

  test("the baseline stays among itself", async () => {
    for (let each = 0; each < 10; each++) expect(await wayOf()).toBe(BASELINE);
  });

  test("a lane's request goes to the Service that the lane names, and to the baseline behind it", async () => {
    for (let each = 0; each < 5; each++) expect(await wayOf("ann")).toBe("frontend -> cart--ann -> ledger");
  });

  test("a lane's request goes to the pods with the lane's labels behind the same Service", async () => {
    for (let each = 0; each < 5; each++) expect(await wayOf("next")).toBe("frontend -> cart-v2 -> ledger");
  });

  test("a lane that is known only to a later hop is reached there", async () => {
    expect(await wayOf("team")).toBe("frontend -> cart-v1 -> ledger--team");
  });

  test("an unknown lane goes to the baseline and keeps its context for a later hop", async () => {
    const frontend = await mesh.pod(SHOP, {app: "frontend"});
    const headers = {"x-swimlane": "nobody"};
    const reply = await mesh.requestFrom(frontend, {url: "http://cart/", headers});
    expect(reply.path).toBe("cart-v1 -> ledger");
    expect(receivedBy(reply.echo, "ledger")?.headers).toMatchObject(headers);
  });

  test("of a fallback chain the first with a ready pod is taken", async () => {
    expect(await wayOf("carl")).toBe("frontend -> cart-v1 -> ledger--carl");
    await scale("ledger--carl", 0);
    await follow();
    await becomes("carl", "frontend -> cart-v1 -> ledger--team");
    await scale("ledger--team", 0);
    await follow();
    await becomes("carl", BASELINE);
    await becomes("team", BASELINE);
    await scale("ledger--team", 1);
    await follow();
    await becomes("carl", "frontend -> cart-v1 -> ledger--team");
    await scale("ledger--carl", 1);
    await follow();
    await becomes("carl", "frontend -> cart-v1 -> ledger--carl");
  });

  test("a lane by labels without a ready pod falls back to the baseline, and comes back", async () => {
    expect(await wayOf("next")).toBe("frontend -> cart-v2 -> ledger");
    await scale("cart-v2", 0);
    await follow();
    await becomes("next", BASELINE);
    await scale("cart-v2", 1);
    await follow();
    await becomes("next", "frontend -> cart-v2 -> ledger");
  });

  test("a strict lane without a ready pod answers 503, and nobody else does", async () => {
    expect(await wayOf("only")).toBe("frontend -> cart--only -> ledger");
    await scale("cart--only", 0);
    await follow();
    await becomes("only", "frontend -> cart!503");
    expect(await wayOf()).toBe(BASELINE);
    const frontend = await mesh.pod(SHOP, {app: "frontend"});
    const refused = await mesh.requestFrom(frontend, {url: "http://cart/", headers: {"x-swimlane": "only"}});
    expect(refused).toMatchObject({status: 503, body: "no healthy upstream"});
    await scale("cart--only", 1);
    await follow();
    await becomes("only", "frontend -> cart--only -> ledger");
  });

  test("the API server and istioctl analyze take all that is written, without a message", async () => {
    expect(await analysis(mesh, [SHOP])).toEqual([]);
  });
});
