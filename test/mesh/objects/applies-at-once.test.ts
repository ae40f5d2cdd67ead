import {isDeepStrictEqual} from "node:util";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {
  deleteLanes,
  groupObject,
  installMeshlane,
  laneObject,
  type Mesh,
  meshlaneOk,
  type PodView,
  serviceObject,
  theMesh,
} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";
import {envoyRoutes, hostOf} from "./users.ts";

const SHOP = "at-once";
const names = Array.from({length: 10}, (_none, index) => `lane-${index}`);
const services = ["cart", "payment"];
const group = (routing: string) => groupObject(SHOP, {services, routing});
const lane = (name: string) =>
  laneObject(SHOP, name, Object.fromEntries(services.map((service) => [service, `${service}--${name}`])));

let mesh: Mesh;
let caller: PodView;
beforeAll(async () => {
  mesh = await theMesh();
  await installMeshlane(mesh);
  await mesh.shop(SHOP, playgroundWith({caller: {}, cart: {}, payment: {}, lanes: {}}));
  // Each lane has Services of its own; one pod answers for all of them.
  const ofLanes = names.flatMap((name) => services.map((service) => serviceObject(SHOP, `${service}--${name}`)));
  for (const service of ofLanes) {
    await mesh.apply({...service, spec: {...(service.spec as object), selector: {app: "lanes"}}});
  }
  caller = await mesh.pod(SHOP, {app: "caller"});
});
afterAll(() => mesh.removeNamespace(SHOP));

const apply = (name: string) => meshlaneOk(mesh, ["apply", "-f", "-"], JSON.stringify(lane(name)));

/** Each begins when the lane of the one before is written, so their passes overlap and know of more lanes each. */
async function applyAll(lanes: readonly string[]): Promise<void> {
  const running: Promise<string>[] = [];
  for (const name of lanes) {
    running.push(apply(name));
    await until(async () => (await mesh.api.read(lane(name))) !== undefined, {what: `lane ${name} is written`});
  }
  await Promise.all(running);
}
const remove = (name: string) => meshlaneOk(mesh, ["delete", "lane", name, "-n", SHOP]);

/** The lanes that the caller's proxy knows of a service; `cart--lane-1` is the name of a lane's Service. */
async function known(service: string): Promise<string[]> {
  const routes = JSON.stringify(await envoyRoutes(mesh, caller, hostOf(service, SHOP)));
  return names.filter((name) => new RegExp(`(?<!-)${name}\\b`).test(routes));
}

/** What answers for the last of these lanes, of each service, when the proxy knows them all and no others. */
async function routed(here: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (const service of services) {
    const what = `the caller's proxy knows ${here.length} lanes of ${service}`;
    await until(async () => isDeepStrictEqual(await known(service), here), {what});
    const headers = {"x-swimlane": here.at(-1)!};
    answers.push((await mesh.requestFrom(caller, {url: `http://${service}/`, headers})).path);
  }
  return answers;
}

describe.each(["native", "routes"])("routing: %s", (routing) => {
  beforeAll(() => meshlaneOk(mesh, ["apply", "-f", "-"], JSON.stringify(group(routing))));
  afterAll(() => deleteLanes(mesh, ...names.map(lane), group(routing)));

  test("ten applies at the same time lose no lane", async () => {
    await applyAll(names);
    expect(await routed(names)).toEqual(["lanes", "lanes"]);
  });

  test("deleting and applying at the same time, each has its effect", async () => {
    const [stay, go] = [names.slice(0, 5), names.slice(5)];
    await Promise.all(stay.map(remove));
    await Promise.all([...stay.map(apply), ...go.map(remove)]);
    expect(await routed(stay)).toEqual(["lanes", "lanes"]);
  });
});

test("what was applied at once is what one apply of all would write", async () => {
  await meshlaneOk(mesh, ["apply", "-f", "-"], JSON.stringify(group("auto")));
  await Promise.all(names.map(apply));
  const input = [group("auto"), ...names.map(lane)].map((object) => JSON.stringify(object)).join("\n---\n");
  const said = await meshlaneOk(mesh, ["apply", "-f", "-"], input);
  expect(said.split("\n").filter((line) => line !== "" && !line.endsWith(" unchanged"))).toEqual([]);
  await deleteLanes(mesh, ...names.map(lane), group("auto"));
});
