import {mkdtemp, readFile, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {meshlane as offline} from "../../manager/cli/captured.ts";
import {
  INGRESS,
  installMeshlane,
  type Mesh,
  meshlaneOk,
  receivedBy,
  type Request,
  shopObjects,
  type ShopReply,
  theMesh,
} from "../client/index.ts";
import {analysis} from "../objects/analysis.ts";
import {playgroundOf} from "../shop/playground.ts";
import {untilPath} from "./lane-shop.ts";

/** The sample beside the one that `npm run mesh` may have started: a namespace and hosts of its own. */
const NAMESPACE = "lanes-sample";
const DOMAIN = "lanes-sample.localhost";
const samples = join(import.meta.dirname, "..", "..", "..", "deploy", "samples");
const KINDS = [
  "services",
  "endpointslices.discovery.k8s.io",
  "deployments",
  "pods",
  "gateways.networking.istio.io",
  "virtualservices.networking.istio.io",
  "destinationrules.networking.istio.io",
].join(",");

const baseline = "frontend -> cart-v1 (inventory -> warehouse, payment-v1 -> ledger)";

let mesh: Mesh;
let folder: string;
let lanes: string;

beforeAll(async () => {
  mesh = await theMesh();
  folder = await mkdtemp(join(tmpdir(), "meshlane-lanes-"));
  lanes = join(folder, "shop.yaml");
  const [shop, playground] = await Promise.all(["shop", "playground"].map(sample));
  await writeFile(lanes, shop!);
  await mesh.namespace(NAMESPACE);
  await mesh.apply(...shopObjects(NAMESPACE, playgroundOf(playground!), {hosts: [DOMAIN, `*.${DOMAIN}`]}));
  await installMeshlane(mesh);
  await mesh.ready(NAMESPACE);
});
afterAll(async () => {
  await rm(folder, {recursive: true});
  await mesh.removeNamespace(NAMESPACE);
});

async function sample(name: string): Promise<string> {
  const text = await readFile(join(samples, `${name}.yaml`), "utf8");
  return text.replaceAll("namespace: shop", `namespace: ${NAMESPACE}`).replaceAll("shop.localhost", DOMAIN);
}

interface Way {
  readonly way: string;
  readonly bring: () => Promise<unknown>;
  readonly remove: () => Promise<unknown>;
}

const ways: Way[] = [
  {
    way: "meshlane apply",
    bring: () => meshlaneOk(mesh, ["apply", "-f", lanes, "--wait"]),
    remove: () => meshlaneOk(mesh, ["delete", "-f", lanes]),
  },
  {
    way: "kubectl apply of the files of meshlane render alone",
    bring: async () => {
      await writeFile(join(folder, "cluster.yaml"), await mesh.kubectl("get", KINDS, "-A", "-o", "yaml"));
      const files = ["-f", lanes, "-f", join(folder, "cluster.yaml"), "--output-dir", join(folder, "out")];
      const registry = `${mesh.registry}/mesh`;
      const {code, stderr} = await offline(["render", "--target", "istio", "--registry", registry, ...files]);
      if (code !== 0) throw new Error(stderr);
      await mesh.kubectl("apply", "-f", join(folder, "out"));
    },
    remove: () => mesh.kubectl("delete", "-f", join(folder, "out")),
  },
];

describe.each(ways)("the sample shop's lanes, whose programs forward only a trace id, by $way", ({bring, remove}) => {
  const ask = (lane?: string, request: Request = {}): Promise<ShopReply> =>
    mesh.request({host: lane === undefined ? DOMAIN : `${lane}.${DOMAIN}`, ...request});

  beforeAll(async () => {
    await bring();
    await untilPath(() => ask("ann"), "frontend -> cart--ann (inventory -> warehouse, payment-v1 -> ledger)");
  });
  afterAll(remove);

  test("the API server and istioctl analyze have nothing to say of what is written", async () => {
    expect(await analysis(mesh, [NAMESPACE, INGRESS], [`IST0102 Namespace ${INGRESS}`])).toEqual([]);
  });

  test("a request of no lane goes to the baseline, and nobody gets a context", async () => {
    const reply = await ask(undefined, {headers: {cookie: "uid=1"}});
    expect(reply).toMatchObject({status: 200, path: baseline});
    for (const service of ["frontend", "cart", "payment", "ledger"])
      expect(receivedBy(reply.echo, service)?.headers).not.toHaveProperty("x-swimlane");
  });

  test("ann gets her cart, and the baseline where she changed nothing", async () => {
    const reply = await ask("ann");
    expect(reply.path).toBe("frontend -> cart--ann (inventory -> warehouse, payment-v1 -> ledger)");
    expect(receivedBy(reply.echo, "payment")?.headers).toMatchObject({"x-swimlane": "ann"});
  });

  test("a lane may be asked for by a header too", async () => {
    const reply = await ask(undefined, {headers: {"x-swimlane": "ann"}});
    expect(reply.workloads).toMatchObject({cart: "cart--ann"});
  });

  test("team-a gets its ledger, three hops on", async () => {
    expect((await ask("team-a")).path).toBe(
      "frontend -> cart-v1 (inventory -> warehouse, payment-v1 -> ledger--team-a)",
    );
  });

  test("bob gets his payment, and team-a's ledger where he changed nothing", async () => {
    expect((await ask("bob")).path).toBe(
      "frontend -> cart-v1 (inventory -> warehouse, payment--bob -> ledger--team-a)",
    );
  });

  test("next is two services together, for its share of users and always the same ones", async () => {
    const users = Array.from({length: 50}, (_, index) => ({headers: {cookie: `uid=${index}`}}));
    const pathOf = async (user: Request): Promise<string> => (await ask(undefined, user)).path;
    const first: string[] = [];
    for (const user of users) first.push(await pathOf(user));
    const next = "frontend -> cart-v2 (inventory -> warehouse, payment-v2 -> ledger)";
    const share = first.filter((path) => path === next).length / users.length;
    expect(first.filter((path) => path !== next && path !== baseline)).toEqual([]);
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.4);
    const again: string[] = [];
    for (const user of users) again.push(await pathOf(user));
    expect(again).toEqual(first);
  });

  test("eve is lost at inventory, which forwards nothing", async () => {
    const reply = await ask("eve");
    expect(reply.path).toBe(baseline);
    expect(receivedBy(reply.echo, "inventory")?.headers).toMatchObject({"x-swimlane": "eve"});
    expect(receivedBy(reply.echo, "warehouse")?.headers).not.toHaveProperty("x-swimlane");
  });

  test("a lane that nobody made goes to the baseline and keeps its context: a hop further on may have it", async () => {
    const reply = await ask("nobody");
    expect(reply.path).toBe(baseline);
    expect(receivedBy(reply.echo, "ledger")?.headers).toMatchObject({"x-swimlane": "nobody"});
  });
});
