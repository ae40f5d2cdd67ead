/** What `render` gave and somebody else, a GitOps tool perhaps, applies: it is not the commands' to change or to remove. */
import {expect, test} from "vitest";
import {desired} from "../../../manager/controller/desired.ts";
import {settingsObject} from "../../../manager/controller/settings.ts";
import {asRendered, type KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {FakeCluster, istioKinds, ourKinds} from "../cluster/fake-cluster.ts";
import {
  group,
  lane,
  namespace,
  service,
  settings,
  shop,
  stateOf,
  virtualService,
} from "../controller/check/inspections.ts";
import {meshlane} from "./captured.ts";

const installed = settingsObject({...settings, nativeSupported: false});
const routed = {...settings, nativeSupported: false};

/** What a repository has for namespace pay: facts of the cluster, and what `render` makes of lanes that are in no cluster. */
const payFacts = [namespace("pay"), ...["cart", "cart--ann"].map((name) => service(name, {app: name}, "pay"))];
const inPay = (object: KubernetesObject) => ({...object, metadata: {...object.metadata, namespace: "pay"}});
const paula = {...inPay(lane()), metadata: {name: "paula", namespace: "pay"}};
const rendered = (
  one: KubernetesObject,
  own = inPay(group({entry: {}})),
  given = routed,
  ...more: KubernetesObject[]
) => desired(stateOf([...payFacts, ...more, own, one]), given, []).rendering.objects.map(asRendered);
const ofPay = rendered(paula);

const started = (...more: readonly KubernetesObject[]) => startedWith(installed, more);

async function startedWith(install: KubernetesObject, more: readonly KubernetesObject[]) {
  const cluster = await FakeCluster.start([...shop, ...payFacts, ...more, install], [...ourKinds, ...istioKinds]);
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
  expect(stderr).toMatch(/^\w+ pay\/meshlane-\S+: is from meshlane render, so who applies that writes it/m);
  expect(cluster.writes.filter((write) => derived(write) && write.includes("/pay/"))).toEqual([]);
});

test.each([
  ["delegate", {delegate: "cart-lanes"}],
  ["hosts", {hosts: ["shop.example.com"]}],
])("what render gave for an entry by %s is no rival of the same entry, applied", async (_way, how) => {
  const entered = group({entry: {gateways: ["istio-ingress/public"], routes: [{service: "cart", ...how}]}});
  const http = [{delegate: {name: "cart-lanes"}}];
  const root = virtualService("root", {hosts: ["root.example.com"], gateways: ["istio-ingress/public"], http});
  const objects = [...shop.filter(({kind}) => kind !== "SwimLaneGroup"), entered, root];
  const {rendering} = desired(stateOf(objects), routed, []);
  const again = desired(stateOf([...objects, ...rendering.objects.map(asRendered)]), routed, []).rendering;
  expect(again.notices.filter(({severity}) => severity === "error")).toEqual([]);
  expect(rendering.objects).toEqual(expect.arrayContaining([...again.objects]));
});

const byLabels = inPay(group({entry: {}, baseline: {labels: {version: "v1"}}}));
const next = (version: string) => ({...paula, spec: {services: [{name: "cart", labels: {version}}]}});
const natively = {...settings, nativeSupported: true};

test.each([
  ["natively", "natively", natively, natively, "v2", 0],
  ["by routes", "by routes", routed, routed, "v2", 0],
  ["natively", "by routes", natively, routed, "v2", 1],
  ["natively", "natively, of other lanes,", natively, natively, "v3", 1],
])(
  "lanes by labels rendered %s: apply %s of the same lanes finds all as it is to be, of others it is refused",
  async (_given, _wanted, given, wanted, version, code) => {
    const objects = rendered(next("v2"), byLabels, given);
    const kinds = objects.map(({kind}) => kind);
    expect(kinds).toEqual(expect.arrayContaining(["DestinationRule", "VirtualService"]));
    const {cluster, run} = await startedWith(settingsObject(wanted), objects);
    const ended = await run(["apply", "-f", "-"], text(byLabels, next(version)));
    expect(ended).toMatchObject({code});
    expect(ended.stderr.includes("is from meshlane render")).toBe(code === 1);
    expect(cluster.writes.filter((write) => derived(write) && write.includes("/pay/"))).toEqual([]);
  },
);

test("a rule that render gave, with the policy of a wider one of the user's, is found as it is to be", async () => {
  const trafficPolicy = {tls: {mode: "ISTIO_MUTUAL"}};
  const wide: KubernetesObject = {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: {name: "wide", namespace: "pay"},
    spec: {host: "*.pay.svc.cluster.local", trafficPolicy},
  };
  const objects = rendered(next("v2"), byLabels, routed, wide);
  expect(objects).toContainEqual(
    expect.objectContaining({kind: "DestinationRule", spec: expect.objectContaining({trafficPolicy})}),
  );
  const {cluster, run} = await startedWith(installed, [...objects, wide]);
  expect(await run(["apply", "-f", "-"], text(byLabels, next("v2")))).toMatchObject({code: 0});
  expect(cluster.writes.filter((write) => derived(write) && write.includes("/pay/"))).toEqual([]);
});
