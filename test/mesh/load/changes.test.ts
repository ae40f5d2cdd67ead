import {afterAll, beforeAll, expect, test} from "vitest";
import {moduleDigests, pushArtifact, Registry} from "../../../manager/image/index.ts";
import {builtModules} from "../../../manager/image/built-modules.ts";
import {moduleImage} from "../../../manager/image/module-image.ts";
import {installMeshlane, meshlaneOk} from "../client/index.ts";
import {cycleLane} from "./cycles.ts";
import {BASELINE, IN_LANE, LoadShop, waysOf} from "./rig.ts";

let shop: LoadShop;
beforeAll(async () => {
  shop = await LoadShop.start("load-changes");
});
afterAll(() => shop?.end());

const ways = ["native", "routes"];

test.each(ways)("routing: %s: install and the first apply of a group lose no request", async (routing) => {
  await meshlaneOk(shop.mesh, ["uninstall"]);
  const {failed} = await shop.during(`install and first apply, ${routing}`, async () => {
    await installMeshlane(shop.mesh);
    await shop.apply(shop.group(routing), shop.ann);
    await shop.untilAnnGoes("cart--ann");
  });
  expect(failed).toEqual([]);
});

test("a group that changes from native to routes and back loses no request, and none its lane", async () => {
  await shop.apply(shop.group("native"), shop.ann);
  await shop.restartFrontend();
  const result = await shop.during("native, routes, native", async () => {
    for (const routing of ["routes", "native", "routes", "native"]) await shop.apply(shop.group(routing));
  });
  expect(result.failed).toEqual([]);
  expect(waysOf(result)).toEqual({ann: [IN_LANE], none: [BASELINE]});
});

test.each(ways)(
  "routing: %s: a lane comes and goes 20 times, no request is lost, and none of another lane leaves it",
  async (routing) => {
    await shop.apply(shop.group(routing), shop.ann);
    await shop.restartFrontend();
    const result = await cycleLane(shop, 20);
    expect(result.failed).toEqual([]);
    expect(waysOf(result)).toEqual({ann: [IN_LANE], none: [BASELINE]});
  },
);

test("a service that becomes an entry service, and is none again, takes no request out of its lane, and lets nobody in who names one", async () => {
  const ask = "x-ask";
  const entering = (services: readonly string[]) =>
    shop.group("native", {services, hosts: [shop.host, "frontend"], lane: [{header: ask, anyone: true}]});
  await shop.apply(entering([]), shop.ann);
  await shop.restartFrontend();
  const frontend = await shop.mesh.pod(shop.name, {app: "frontend"});
  const stranger = {host: "frontend", headers: {"x-swimlane": "ann"}};
  const requests = [shop.request("ann", ask), shop.request()];
  const result = await shop.underLoad("an entry service comes and goes", requests, async () => {
    const paths = new Set<string>();
    let changing = true;
    const asking = async () => {
      while (changing) paths.add((await shop.mesh.requestTo(frontend, stranger)).path);
    };
    const change = async () => {
      for (const services of [["frontend"], [], ["frontend"], []]) await shop.apply(entering(services));
      changing = false;
    };
    await Promise.all([asking(), change()]);
    return [...paths];
  });
  expect(result.failed).toEqual([]);
  expect(waysOf(result)).toEqual({ann: [IN_LANE], none: [BASELINE]});
  expect(result.happened).toEqual(["frontend -> cart"]);
});

test.each(ways)("routing: %s: an upgrade of the filter loses no request, and none its lane", async (routing) => {
  await shop.apply(shop.group(routing), shop.ann);
  await useOtherModules(`${shop.mesh.registry}/load-other`);
  await shop.apply(shop.group(routing));
  await shop.restartFrontend();
  expect(await runsOwnModule()).toBe(false);
  const result = await shop.during(`upgrade, ${routing}`, () => meshlaneOk(shop.mesh, ["upgrade", "--plain-http"]));
  expect(await runsOwnModule()).toBe(true);
  expect(result.failed).toEqual([]);
  expect(waysOf(result)).toEqual({ann: [IN_LANE], none: [BASELINE]});
});

test.each(ways)("routing: %s: uninstall loses no request", async (routing) => {
  await installMeshlane(shop.mesh);
  await shop.apply(shop.group(routing), shop.ann);
  const {failed} = await shop.during(`uninstall, ${routing}`, async () => {
    await meshlaneOk(shop.mesh, ["uninstall"]);
    await shop.untilAnnGoes("cart");
  });
  expect(failed).toEqual([]);
});

/** Whether a sidecar that nobody restarts runs the outbound module of this build. */
async function runsOwnModule(): Promise<boolean> {
  const {outbound} = await moduleDigests();
  const cart = await shop.mesh.pod(shop.name, {app: "cart"});
  const own = await shop.mesh.envoy(cart, "/config_dump?resource=ecds_filters");
  return own.includes(`/${outbound.replace("sha256:", "")}.wasm`);
}

/** As if another build of the filter were installed: modules of other bytes, so of other digests, at another place. */
async function useOtherModules(registry: string): Promise<void> {
  const digests: Record<string, string> = {};
  for (const built of await builtModules()) {
    const image = moduleImage({...built, bytes: Buffer.concat([built.bytes, emptySection])});
    const [host = "", ...path] = registry.split("/");
    await pushArtifact(new Registry(host, {plainHttp: true}), [...path, built.module].join("/"), image, built.version);
    digests[built.module] = image.manifest.descriptor.digest;
  }
  const data = {registry, digests: JSON.stringify(digests)};
  await shop.mesh.kubectl("-n", "meshlane-system", "patch", "configmap", "meshlane", "-p", JSON.stringify({data}));
}

/** A custom section named `other`, which changes the bytes of a module and not what it does. */
const emptySection = Buffer.from([0, 6, 5, ...Buffer.from("other")]);
