import {mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, expect, test} from "vitest";
import {meshlane} from "../../manager/cli/captured.ts";
import {groupObject, INGRESS, installMeshlane, laneObject, type Mesh, theMesh} from "../client/index.ts";
import {analysis} from "../objects/analysis.ts";
import {playgroundWith} from "../shop/playground.ts";
import {laneShop, untilPath} from "./lane-shop.ts";

const NAMESPACE = "lanes-extension";
const HOST = "lanes-extension.localhost";
const LANE = "extension-ann";
const KINDS = [
  "services",
  "deployments",
  "pods",
  "gateways.networking.istio.io",
  "virtualservices.networking.istio.io",
];

const entry = {gateways: [`${INGRESS}/public`], hosts: [HOST], lane: [{header: "x-swimlane", from: ["10.0.0.0/8"]}]};
const group = groupObject("shop", {services: ["cart"], entry}, NAMESPACE);
const lane = laneObject(NAMESPACE, LANE, {cart: "cart--ann"});

let mesh: Mesh;
let folder: string;
beforeAll(async () => {
  mesh = await theMesh();
  folder = await mkdtemp(join(tmpdir(), "meshlane-lanes-"));
  await installMeshlane(mesh);
  const playground = playgroundWith({frontend: {calls: ["cart"]}, cart: {}, "cart--ann": {}});
  await laneShop(mesh, NAMESPACE, {playground, groups: [], hosts: [HOST]});
  const lanes = join(folder, "lanes.yaml");
  const cluster = join(folder, "cluster.yaml");
  await writeFile(lanes, [group, lane].map((object) => JSON.stringify(object)).join("\n---\n"));
  await writeFile(cluster, await mesh.kubectl("get", KINDS.join(","), "-A", "-o", "yaml"));
  const how = ["--target", "istio", "--registry", `${mesh.registry}/mesh`, "--extension-api", "TrafficExtension"];
  const out = join(folder, "out");
  const {code, stderr} = await meshlane(["render", ...how, "-f", lanes, "-f", cluster, "--output-dir", out]);
  if (code !== 0) throw new Error(stderr);
  await mesh.kubectl("apply", "-f", out);
});
afterAll(async () => {
  await mesh.kubectl("delete", "-f", join(folder, "out"));
  await rm(folder, {recursive: true});
  await mesh.removeNamespace(NAMESPACE);
});

test("TrafficExtensions bring the filter as WasmPlugins do: edge, inbound and outbound", async () => {
  const extensions = await mesh.kubectl("get", "trafficextensions", "-n", NAMESPACE, "-o", "name");
  expect(extensions.trim().split("\n")).toHaveLength(2);
  expect(await mesh.kubectl("get", "wasmplugins", "-n", NAMESPACE, "-o", "name")).toBe("");
  const ask = () => mesh.request({host: HOST, headers: {"x-swimlane": LANE}, newConnection: true});
  await untilPath(ask, "frontend -> cart--ann");
  expect((await mesh.request({host: HOST})).path).toBe("frontend -> cart");
  expect(await analysis(mesh, [NAMESPACE])).toEqual([]);
});
