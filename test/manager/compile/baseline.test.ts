/** Which workloads are the baseline of a service that a lane shares by labels. */
import {expect, test} from "vitest";
import {compileMesh} from "../../../manager/compile/index.ts";
import type {Labels} from "../../../manager/compile/plan.ts";
import {loadMesh} from "../../../manager/model/index.ts";

const text = `
{apiVersion: meshlane.dev/v1alpha1, kind: SwimLaneGroup, metadata: {name: shop, namespace: shop}, spec: {services: [cart, ledger], baseline: {labels: {version: v1}}}}
---
{apiVersion: meshlane.dev/v1alpha1, kind: SwimLane, metadata: {name: next, namespace: shop}, spec: {services: [{name: cart, labels: {version: v2}}]}}`;

function baselines(workloads: readonly Labels[]): unknown[] {
  const {mesh} = loadMesh([{name: "", text}]);
  const services = new Map(workloads.length === 0 ? [] : [["shop/cart", workloads] as const]);
  return compileMesh(mesh, {services}, {}).services.map(({baseline}) => baseline);
}

test("where no workload is known, a lane that shares the Service keeps the baseline off its pods", () => {
  expect(baselines([])).toEqual([{service: "shop/cart", labels: {version: "v1"}}, {service: "shop/ledger"}]);
});

test("where workloads are known, they tell", () => {
  expect(baselines([{version: "v2"}])[0]).toEqual({service: "shop/cart"});
  expect(baselines([{version: "v1"}, {version: "v2"}])[0]).toEqual({service: "shop/cart", labels: {version: "v1"}});
});
