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
const ofPay = desired(
  stateOf([...payFacts, inPay(group({entry: {}})), inPay(lane())]),
  routed,
  [],
).rendering.objects.map(asRendered);

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

test("apply of the same lanes writes nothing over it, and says who does", async () => {
  const {cluster, run} = await started(...ofPay);
  const lanes = [inPay(group({entry: {}})), inPay({...lane(), metadata: {name: "paula"}})];
  const {code, stderr} = await run(["apply", "-f", "-"], lanes.map((object) => JSON.stringify(object)).join("\n---\n"));
  expect(code).toBe(1);
  expect(stderr).toMatch(/\w+ pay\/meshlane-\S+ is from meshlane render, so who applies that writes it/);
  expect(cluster.writes.filter((write) => /networking|extensions/.test(write))).toEqual([]);
});
