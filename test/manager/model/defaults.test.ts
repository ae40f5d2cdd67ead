import {readFileSync} from "node:fs";
import {expect, test} from "vitest";
import {formatProblem, keyOf, loadMesh, servicesOf} from "../../../manager/model/index.ts";
import {group, lane, load, playground} from "./texts.ts";

function sample(name: string) {
  return {name, text: readFileSync(new URL(`../../../deploy/samples/${name}`, import.meta.url), "utf8")};
}

test("the sample shop has no problem, not even a warning", () => {
  const {mesh, problems} = loadMesh([sample("shop.yaml"), sample("playground.yaml")]);
  expect(problems.map(formatProblem)).toEqual([]);
  expect(mesh.groups.map(keyOf)).toEqual(["shop/shop"]);
  expect(mesh.lanes.map(({metadata}) => metadata.name)).toEqual(["ann", "bob", "eve", "next", "team-a"]);
  expect(mesh.playground?.spec.services).toHaveLength(10);
});

test("a group without a spec is all Services of its namespace, and users are told apart by an issued cookie", () => {
  const {mesh, errors} = load({apiVersion: "meshlane.dev/v1alpha1", kind: "SwimLaneGroup", metadata: {name: "a"}});
  expect(errors).toEqual([]);
  expect(mesh.groups[0]!.metadata.namespace).toBe("default");
  expect(mesh.groups[0]!.spec).toEqual({
    entry: {gateways: [], services: [], lane: [], trusted: [], routes: []},
    stickyBy: [{issue: "swimlane-id"}],
    strict: [],
    routing: "auto",
    through: [],
    allow: [],
  });
});

test("a lane without a group is in its namespace's only one", () => {
  const {mesh} = load(group(), lane());
  expect(mesh.lanes[0]!.spec.group).toBe("shop/shop");
  expect(mesh.lanes[0]!.spec).toMatchObject({match: [], weight: 0, fallback: [], priority: 0, strict: false});
});

test("a lane may name a group of another namespace that allows it", () => {
  const shop = group({services: ["cart"], allow: ["dev"]});
  const {mesh, errors} = load(shop, lane({group: "shop/shop"}, {namespace: "dev"}));
  expect(errors).toEqual([]);
  expect(mesh.lanes[0]!.spec.group).toBe("shop/shop");
});

test("image is short for fork.image, and the lane's labels stand where nothing else does", () => {
  const services = [{name: "cart", image: "registry/cart:ann"}, {name: "payment"}];
  const shop = group({services: ["cart", "payment"], baseline: {labels: {version: "v1"}}});
  const {mesh, errors} = load(shop, lane({services, labels: {version: "v2"}}));
  expect(errors).toEqual([]);
  expect(mesh.lanes[0]!.spec.services).toEqual([
    {name: "cart", fork: {image: "registry/cart:ann", replicas: 1}},
    {name: "payment", labels: {version: "v2"}},
  ]);
});

test("a playground's service has one workload of its name, and gives its labels to all", () => {
  const {mesh, errors} = load(
    playground({
      services: [
        {name: "cart", calls: ["payment", {service: "bank", port: 9000}], labels: {version: "v1"}},
        {
          name: "payment",
          labels: {tier: "a"},
          workloads: [
            {name: "p1", labels: {version: "v1"}},
            {name: "p2", address: "127.0.0.1:80"},
          ],
        },
      ],
      external: [{name: "bank", address: "[::1]:8080"}],
    }),
  );
  expect(errors).toEqual([]);
  expect(mesh.playground?.spec).toMatchObject({plainText: "refuse", entry: "cart", edge: {}});
  expect(mesh.playground?.spec.traceIds).toHaveLength(9);
  expect(mesh.playground?.spec.services).toEqual([
    {
      name: "cart",
      calls: [{service: "payment"}, {service: "bank", port: 9000}],
      forwards: [],
      workloads: [{name: "cart", labels: {version: "v1"}}],
    },
    {
      name: "payment",
      calls: [],
      forwards: [],
      workloads: [
        {name: "p1", labels: {tier: "a", version: "v1"}},
        {name: "p2", labels: {tier: "a"}, address: "127.0.0.1:80"},
      ],
    },
  ]);
});

test("the services of a group that lists none are those of the playground, or unknown", () => {
  const shop = playground({services: [{name: "cart"}, {name: "cart--ann"}]});
  const here = load(group({}), shop).mesh;
  expect(servicesOf(here, here.groups[0]!)).toEqual(["cart", "cart--ann"]);
  const elsewhere = load(group({})).mesh;
  expect(servicesOf(elsewhere, elsewhere.groups[0]!)).toBeUndefined();
});
