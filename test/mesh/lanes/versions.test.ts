import {readFile} from "node:fs/promises";
import {join} from "node:path";
import {afterAll, beforeAll, expect, test} from "vitest";
import {type MeshModule, meshModules} from "../../../manager/compile/module.ts";
import {pushArtifact, Registry} from "../../../manager/image/index.ts";
import {moduleImage} from "../../../manager/image/module-image.ts";
import {
  applyLanes,
  deleteLanes,
  groupObject,
  INGRESS,
  installMeshlane,
  laneObject,
  meshlane,
  type Mesh,
  receivedBy,
  type ShopReply,
  theMesh,
} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";
import {slotOf, traceId} from "../../reference/trace-ids.ts";
import {until} from "../until.ts";
import {laneShop, SOON, untilPath} from "./lane-shop.ts";

const NAMESPACE = "lanes-versions";
const HOST = "lanes-versions.localhost";
const OLD = join(import.meta.dirname, "..", "..", "filter", "fixtures", "v0.1.0");

const entry = {gateways: [`${INGRESS}/public`], hosts: [HOST], lane: [{header: "x-swimlane", from: ["10.0.0.0/8"]}]};
const group = groupObject("shop", {services: ["cart"], entry}, NAMESPACE);
/** Pods of two lanes have no lane of their own, so the configuration asks for no more than 0.1.0 can do. */
const lanes = ["versions-ann", "versions-bob"].map((name) => laneObject(NAMESPACE, name, {cart: "cart--new"}));
/** Pods of one lane alone have that lane, whatever calls come in. */
const needsPods = laneObject(NAMESPACE, "versions-eve", {cart: "cart--eve"});

interface Modules {
  readonly version: string;
  readonly registry: string;
  readonly digests: string;
}

let mesh: Mesh;
let today: Modules;
let old: Modules;

beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  today = JSON.parse(await mesh.kubectl(...settings("get"), "-o", "jsonpath={.data}")) as Modules;
  old = await pushOld();
  await use(old);
  const playground = playgroundWith({frontend: {calls: ["cart"]}, cart: {}, "cart--new": {}, "cart--eve": {}});
  await laneShop(mesh, NAMESPACE, {playground, groups: [group], hosts: [HOST]});
  await applyLanes(mesh, ...lanes);
});
afterAll(async () => {
  await use(today);
  await deleteLanes(mesh, ...lanes, group);
  await mesh.removeNamespace(NAMESPACE);
});

/** The modules of 0.1.0 as images of the mesh's registry. */
async function pushOld(): Promise<Modules> {
  const registry = new Registry(mesh.registry, {plainHttp: true});
  const digests: Partial<Record<MeshModule, string>> = {};
  for (const module of meshModules) {
    const bytes = await readFile(join(OLD, `${module}.wasm`));
    const image = moduleImage({module, bytes, version: "0.1.0", revision: "807faa9", license: "Apache-2.0\n"});
    await pushArtifact(registry, `v0.1.0/${module}`, image, "0.1.0");
    digests[module] = image.manifest.descriptor.digest;
  }
  return {version: "0.1.0", registry: `${mesh.registry}/v0.1.0`, digests: JSON.stringify(digests)};
}

const settings = (verb: string) => [verb, "configmap", "meshlane", "-n", "meshlane-system"];

/** What is installed from now on. */
async function use({version, registry, digests}: Modules): Promise<void> {
  await mesh.kubectl(...settings("patch"), "--type=merge", "-p", JSON.stringify({data: {version, registry, digests}}));
}

/** Whether the proxies of the shop and of the gateway run these modules. */
async function run({digests}: Modules): Promise<boolean> {
  const {inbound, outbound, edge} = JSON.parse(digests) as Record<string, string>;
  const file = (digest: string | undefined): string => `/${digest!.replace("sha256:", "")}.wasm`;
  const has = async (namespace: string, labels: Record<string, string>, wanted: string[]): Promise<boolean> => {
    const dump = await mesh.envoy(await mesh.pod(namespace, labels), "/config_dump?resource=ecds_filters");
    return wanted.every((each) => dump.includes(each));
  };
  return (
    (await has(NAMESPACE, {app: "frontend"}, [file(inbound), file(outbound)])) &&
    (await has(INGRESS, {app: "public"}, [file(edge)]))
  );
}

const asked: ShopReply[] = [];

async function ask(lane: string): Promise<ShopReply> {
  const reply = await mesh.request({host: HOST, headers: {"x-swimlane": lane}, newConnection: true});
  asked.push(reply);
  return reply;
}

/** Where requests of the lanes go, and those of none. */
async function paths(): Promise<string[]> {
  await untilPath(() => ask("versions-ann"), "frontend -> cart--new");
  return [(await ask("versions-bob")).path, (await ask("nobody")).path];
}
const held = ["frontend -> cart--new", "frontend -> cart"];

test("the filter of one version before takes what today's manager writes, and lanes hold", async () => {
  await until(() => run(old), {what: "the proxies run the modules of 0.1.0", ...SOON});
  expect(await paths()).toEqual(held);
});

test("what it would refuse is not written: the lane's pods and the remedy are named, and the lanes there hold", async () => {
  const {code, stderr} = await meshlane(mesh, ["apply", "-f", "-"], JSON.stringify(needsPods));
  expect(code).toBe(1);
  expect(stderr).toContain("needs the filter's field pods, which came with 0.2.0; 0.1.0 is installed");
  expect(stderr).toContain("Run meshlane upgrade.");
  await deleteLanes(mesh, needsPods);
  expect(await paths()).toEqual(held);
});

test("while today's takes over, no request leaves its lane but where 0.1.0 meets a slot of two ids (decision 16)", async () => {
  const ended = new AbortController();
  const seen: ShopReply[] = [];
  const asking = Array.from({length: 4}, async () => {
    while (!ended.signal.aborted) seen.push(await ask("versions-ann"));
  });
  await use(today);
  await applyLanes(mesh, group);
  await until(() => run(today), {what: "the proxies run today's modules", ...SOON});
  expect(await paths()).toEqual(held);
  ended.abort();
  await Promise.all(asking);

  const ids = new Set(asked.flatMap(idsAtFrontend));
  const slots = [...ids].map((id) => slotOf(id));
  const alone = (id: string) => slots.filter((slot) => slot === slotOf(id)).length === 1;
  const apart = seen.filter((reply) => idsAtFrontend(reply).every(alone));
  expect(apart.length).toBeGreaterThan(seen.length / 2);
  expect(new Set(apart.map(({path}) => path))).toEqual(new Set(["frontend -> cart--new"]));
});

/** The trace ids that frontend's proxy remembered of a request. */
function idsAtFrontend({echo}: ShopReply): string[] {
  const headers = receivedBy(echo, "frontend")?.headers ?? {};
  return (["traceparent", "x-request-id"] as const).flatMap((name) => traceId(name, String(headers[name])) ?? []);
}
