/** What `render` gave and somebody else, a GitOps tool perhaps, applies: it is not the commands' to change or to remove. */
import {expect, test} from "vitest";
import {desired} from "../../../manager/controller/desired.ts";
import {settingsObject} from "../../../manager/controller/settings.ts";
import {asRendered, type KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {FakeCluster, istioKinds, ourKinds} from "../cluster/fake-cluster.ts";
import {group, lane, namespace, service, settings, shop, stateOf} from "../controller/check/inspections.ts";
import {meshlane} from "./captured.ts";

const installed = settingsObject({...settings, nativeSupported: false});
const routed = {...settings, nativeSupported: false};

/** What a repository has for namespace pay: facts of the cluster, and what `render` makes of lanes that are in no cluster. */
const payFacts = [namespace("pay"), ...["cart", "cart--ann"].map((name) => service(name, {app: name}, "pay"))];
const inPay = (object: KubernetesObject) => ({...object, metadata: {...object.metadata, namespace: "pay"}});
const paula = {...inPay(lane()), metadata: {name: "paula", namespace: "pay"}};
const rendered = (one: KubernetesObject) =>
  desired(stateOf([...payFacts, inPay(group({entry: {}})), one]), routed, []).rendering.objects.map(asRendered);
const ofPay = rendered(paula);

async function started(...more: readonly KubernetesObject[]) {
  const cluster = await FakeCluster.start([...shop, ...payFacts, ...more, installed], [...ourKinds, ...istioKinds]);
  const flags = ["--settle", "0s", ...(await cluster.flags())];
  const there = () => ofPay.filter((object) => cluster.objects.includes(object));
  return {cluster, there, run: (args: string[], input = "") => meshlane([...args, ...flags], input)};
}

test.each([
  ["apply", ["apply", "-f", "-"], JSON.stringify(lane())],
  ["delete", ["delete", "lane", "ann", "-n", "shop"], ""],
  ["uninstall", ["uninstall"], ""],
])("%s of somebody else leaves it as it is", async (_verb, args, input) => {
  const {there, run} = await started(...ofPay);
  expect(ofPay.length).toBeGreaterThan(2);
  await run(["apply", "-f", "-"], JSON.stringify(lane()));
  expect(await run(args, input)).toMatchObject({code: 0});
  expect(there()).toEqual(ofPay);
});

const text = (...objects: object[]) => objects.map((object) => JSON.stringify(object)).join("\n---\n");
const derived = (write: string) => /networking|extensions/.test(write);

test("apply of the same lanes finds all as it is to be", async () => {
  const {cluster, run} = await started(...ofPay);
  expect(await run(["apply", "-f", "-"], text(lane()))).toMatchObject({code: 0});
  cluster.writes.length = 0;
  expect(await run(["apply", "-f", "-"], text(inPay(group({entry: {}})), paula))).toMatchObject({code: 0});
  expect(cluster.writes.filter(derived)).toEqual([]);
});

test("apply of other lanes on the same services writes nothing over it, and says who does", async () => {
  const {cluster, run} = await started(...rendered(inPay(lane())));
  const {code, stderr} = await run(["apply", "-f", "-"], text(inPay(group({entry: {}})), paula));
  expect(code).toBe(1);
  expect(stderr).toMatch(/\w+ pay\/meshlane-\S+ is from meshlane render, so who applies that writes it/);
  expect(cluster.writes).toEqual([]);
});
