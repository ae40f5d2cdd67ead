import {afterAll, beforeAll, expect, test} from "vitest";
import {
  applyLanes,
  deleteLanes,
  gatewayDeployment,
  groupObject,
  installMeshlane,
  laneObject,
  type Mesh,
  type PodView,
  theMesh,
} from "../client/index.ts";
import {until} from "../until.ts";
import {analysis} from "./analysis.ts";
import {bookinfo} from "./bookinfo.ts";
import {byOwner} from "./users.ts";

const SAMPLE = "bookinfo";
/** What the sample's Gateway selects. */
const selected = {istio: "ingressgateway"};
const group = (routing: string) =>
  groupObject(SAMPLE, {
    services: ["reviews"],
    routing,
    baseline: {labels: {version: "v1"}},
    entry: {
      gateways: [`${SAMPLE}/bookinfo-gateway`],
      hosts: ["bookinfo.localhost"],
      lane: [{header: "x-swimlane", anyone: true}],
    },
  });
/** What istioctl says of the sample without any lane, and of its gateway, which has no Service here. */
const KNOWN = [
  `IST0162 Gateway ${SAMPLE}/bookinfo-gateway`,
  `IST0173 DestinationRule ${SAMPLE}/ratings`,
  `IST0140 VirtualService ${SAMPLE}/bookinfo`,
];
const lanes = [
  laneObject(SAMPLE, "black", {reviews: {labels: {version: "v2"}}}),
  laneObject(SAMPLE, "red", {reviews: {labels: {version: "v3"}}}),
];

let mesh: Mesh;
let gateway: PodView;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  await mesh.namespace(SAMPLE);
  await mesh.apply(
    ...(await bookinfo(mesh, "platform/kube/bookinfo.yaml", SAMPLE)),
    ...(await bookinfo(mesh, "networking/bookinfo-gateway.yaml", SAMPLE)),
    gatewayDeployment("ingressgateway", selected, SAMPLE),
  );
  await mesh.ready(SAMPLE);
  gateway = await mesh.pod(SAMPLE, selected);
});
afterAll(async () => {
  await deleteLanes(mesh, ...lanes, group("native"));
  await mesh.removeNamespace(SAMPLE);
});

async function productpage(lane = ""): Promise<string> {
  const headers: Record<string, string> = lane === "" ? {} : {"x-swimlane": lane};
  return (await mesh.requestTo(gateway, {host: "bookinfo.localhost", url: "/productpage", headers})).path;
}

const PATHS = {
  "": "productpage-v1 (details-v1, reviews-v1)",
  black: "productpage-v1 (details-v1, reviews-v2 -> ratings-v1)",
  red: "productpage-v1 (details-v1, reviews-v3 -> ratings-v1)",
};

async function expectLanes(): Promise<void> {
  for (const [lane, path] of Object.entries(PATHS)) {
    await until(async () => (await productpage(lane)) === path, {what: `lane "${lane}" goes ${path}`});
    for (const _again of [1, 2, 3, 4, 5, 6]) expect(await productpage(lane)).toBe(path);
  }
}

test.each(["routes", "native"])(
  "routing: %s: lanes on Bookinfo's reviews tell apart the versions that share its Service",
  async (routing) => {
    await applyLanes(mesh, group(routing), ...lanes);
    await expectLanes();
    expect(await analysis(mesh, [SAMPLE], KNOWN)).toEqual([]);
  },
);

test("beside Bookinfo's own DestinationRules and VirtualServices lanes that are native are the same, and those stay as they are", async () => {
  const rules = await bookinfo(mesh, "networking/destination-rule-all.yaml", SAMPLE);
  const routes = await bookinfo(mesh, "networking/virtual-service-all-v1.yaml", SAMPLE);
  await mesh.apply(...rules, ...routes);
  const before = await Promise.all([...rules, ...routes].map(async (object) => byOwner(await mesh.api.read(object))));
  await applyLanes(mesh, group("native"), ...lanes);
  await expectLanes();
  expect(await analysis(mesh, [SAMPLE], KNOWN)).toEqual([]);
  const after = await Promise.all([...rules, ...routes].map(async (object) => byOwner(await mesh.api.read(object))));
  expect(after).toEqual(before);
});
