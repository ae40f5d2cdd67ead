import {expect, test} from "vitest";
import {inspect} from "../../../../manager/controller/check/index.ts";
import {findImages} from "../../../../manager/controller/check/images.ts";
import {chosen} from "../../../../manager/controller/check/proxies.ts";
import {missingRights} from "../../../../manager/controller/check/rights.ts";
import {settingsObject} from "../../../../manager/controller/settings.ts";
import {patience} from "../../../../manager/image/transport.ts";
import {FakeCluster} from "../../cluster/fake-cluster.ts";
import {StandIn} from "../../image/stand-in.ts";
import {pod, settings} from "./inspections.ts";

test("rights are those of the requests that apply makes: patch for lanes, status of groups only, the lease, a port-forward", async () => {
  const cluster = await FakeCluster.start([]);
  const api = await cluster.api();
  const rights = async (...denied: string[]) => {
    cluster.denied = denied;
    return missingRights(api, "istio-system");
  };
  expect(await rights("patch swimlanes")).toEqual(["patch swimlanes.meshlane.dev"]);
  expect(await rights("update swimlanes", "update swimlanes/status")).toEqual([]);
  expect(await rights("update swimlanegroups/status")).toEqual(["update swimlanegroups/status.meshlane.dev"]);
  expect(await rights("get leases")).toEqual([
    "get leases.coordination.k8s.io meshlane-controller in namespace meshlane-system",
  ]);
  expect(await rights("get pods/portforward")).toEqual([]);
  expect(await rights("create pods/portforward")).toEqual(["create pods/portforward in namespace istio-system"]);
});

test("what the user may not read is undefined and said, and settings that are not there are null", async () => {
  const cluster = await FakeCluster.start([]);
  const options = {istioNamespace: "istio-system", registry: {}};
  expect((await inspect(await cluster.api(), options)).settings).toBeNull();
  cluster.objects.push(settingsObject(settings));
  cluster.denied = ["get configmaps", "list customresourcedefinitions"];
  const seen = await inspect(await cluster.api(), options);
  expect(seen).toMatchObject({settings: undefined, definitions: undefined});
  expect(seen.unread.join("\n")).toMatch(/may not list customresourcedefinitions[^]*may not get configmaps/);
});

test("of pods that are alike one is asked, of too many workloads some, and the others are counted", () => {
  const pods = [pod("a-1", {app: "a"}), pod("a-2", {app: "a"}), pod("b", {app: "b"}), pod("c", {app: "c"})];
  const {queue, unasked} = chosen(pods, 2);
  expect(queue).toHaveLength(2);
  expect(unasked).toEqual({tooMany: 1, alike: 1});
});

test("an image that the registry has not got is missing; of a registry without answer that is not known", async () => {
  const registry = await StandIn.start();
  const place = {...settings, registry: `${registry.host}/mesh`};
  const find = () => findImages(place, {plainHttp: true, patience: {...patience, attempts: 1}});
  const facts = [await find()];
  await registry.stop();
  facts.push(await find());
  expect(facts.map((images) => images.map(({missing}) => missing === true))).toEqual([
    [true, true, true, true],
    [false, false, false, false],
  ]);
  expect(facts.flat().filter(({problem}) => problem === undefined)).toEqual([]);
});
