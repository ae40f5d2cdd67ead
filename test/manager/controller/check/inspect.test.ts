import {expect, test} from "vitest";
import {inspect} from "../../../../manager/controller/check/index.ts";
import {chosen} from "../../../../manager/controller/check/proxies.ts";
import {missingRights} from "../../../../manager/controller/check/rights.ts";
import {settingsObject} from "../../../../manager/controller/settings.ts";
import {FakeCluster} from "../../cluster/fake-cluster.ts";
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
  expect(await rights("get leases")).toEqual(["get leases.coordination.k8s.io in namespace meshlane-system"]);
  expect(await rights("create pods/portforward")).toEqual([]);
  expect(await rights("create pods/portforward", "get pods/portforward")).toEqual([
    "create pods/portforward in namespace istio-system",
  ]);
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
