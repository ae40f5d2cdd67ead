import {afterAll, beforeAll, expect, test} from "vitest";
import {group, lane, text} from "../apply/lanes.ts";
import {type Mesh, theMesh} from "../client/index.ts";
import {install, meshlaneOn, type Meshlane, uninstall} from "../client/meshlane.ts";
import {playgroundWith} from "../shop/playground.ts";

const SHOP = "diff-shop";
const HOST = "diff.localhost";
let mesh: Mesh;
let meshlane: Meshlane;
const files = text(group(SHOP, HOST), lane(SHOP, "diff", "cart--ann"));

beforeAll(async () => {
  mesh = await theMesh();
  meshlane = meshlaneOn(mesh);
  await uninstall(mesh);
  await mesh.shop(SHOP, playgroundWith({frontend: {calls: ["cart"]}, cart: {}, "cart--ann": {}}), {hosts: [HOST]});
});
afterAll(async () => {
  await uninstall(mesh);
  await mesh.removeNamespace(SHOP);
});

test("without an installation diff is an error, which is no difference", async () => {
  const {code, stdout, stderr} = await meshlane(["diff", "-f", "-"], files);
  expect({code, stdout}).toEqual({code: 2, stdout: ""});
  expect(stderr).toContain("run meshlane install");
});

test("diff shows lanes and what follows from them, and nothing where apply would change nothing", async () => {
  await install(mesh);
  const all = await meshlane(["diff", "-f", "-"], files);
  expect(all.code).toBe(1);
  expect(all.stdout).toContain(`+++ applied/SwimLane/${SHOP}/diff`);
  expect(all.stdout).toContain(`+++ applied/WasmPlugin/${SHOP}/meshlane-inbound`);
  expect(await meshlane(["apply", "-f", "-"], files)).toMatchObject({code: 0});
  expect(await meshlane(["diff", "-f", "-"], files)).toMatchObject({code: 0, stdout: ""});

  const other = text(lane(SHOP, "diff", "frontend"));
  const changed = await meshlane(["diff", "-f", "-"], other);
  expect(changed.code).toBe(1);
  expect(changed.stdout).toContain("-      to: cart--ann\n+      to: frontend\n");
  expect(changed.stdout).not.toContain("resourceVersion");
  const broken = await meshlane(["diff", "-f", "-"], text({...lane(SHOP, "x", "y"), spec: {services: []}}));
  expect(broken).toMatchObject({code: 2, stdout: ""});
});
