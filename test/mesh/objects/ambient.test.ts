import {afterAll, beforeAll, expect, test} from "vitest";
import {
  deleteLanes,
  groupObject,
  installMeshlane,
  laneObject,
  type Mesh,
  meshlane,
  serviceObject,
  theMesh,
} from "../client/index.ts";

const [SIDECARS, AMBIENT] = ["with-sidecars", "with-ambient"];

let mesh: Mesh;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  await mesh.namespace(SIDECARS);
  await mesh.namespace(AMBIENT, {sidecars: false});
  const labels = {"istio.io/dataplane-mode": "ambient"};
  await mesh.apply({apiVersion: "v1", kind: "Namespace", metadata: {name: AMBIENT, labels}});
  for (const name of ["cart", "cart--ann"]) {
    await mesh.apply(serviceObject(SIDECARS, name), serviceObject(AMBIENT, name));
  }
});
afterAll(() => Promise.all([SIDECARS, AMBIENT].map((name) => mesh.removeNamespace(name))));

const lane = (namespace: string) => laneObject(namespace, "ann", {cart: "cart--ann"});
const apply = (...objects: object[]) =>
  meshlane(mesh, ["apply", "-f", "-"], objects.map((object) => JSON.stringify(object)).join("\n---\n"));
const ours = (namespace: string) =>
  mesh.kubectl("get", "virtualservices,destinationrules,envoyfilters,wasmplugins", "-n", namespace, "-o", "name");

test("a group of an ambient namespace is refused with the reason, and nothing is written there", async () => {
  const group = groupObject(AMBIENT, {services: ["cart"]});
  const {code, stderr} = await apply(group, lane(AMBIENT));
  try {
    expect(code).toBe(1);
    expect(stderr).toContain(
      `group ${AMBIENT}/${AMBIENT}: has the ambient namespace ${AMBIENT}, whose pods have no sidecar that could carry a context; all of it is left out`,
    );
    expect(stderr).toContain("istio-injection: enabled");
    expect(await ours(AMBIENT)).toBe("");
  } finally {
    await deleteLanes(mesh, lane(AMBIENT), group);
  }
});

test("an ambient namespace on the way is left out with the reason, and the rest of the group is written", async () => {
  const group = groupObject(SIDECARS, {services: ["cart"], through: [AMBIENT]});
  const {code, stderr} = await apply(group, lane(SIDECARS));
  try {
    expect(code).toBe(1);
    expect(stderr).toContain(`ambient namespace ${AMBIENT}`);
    expect(stderr).toContain("what passes there is left out");
    expect(await ours(AMBIENT)).toBe("");
    expect(await ours(SIDECARS)).toContain("meshlane-outbound");
  } finally {
    await deleteLanes(mesh, lane(SIDECARS), group);
  }
});
