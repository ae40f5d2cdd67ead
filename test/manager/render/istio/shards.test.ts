import {expect, test} from "vitest";
import {steps} from "../../../../manager/render/istio/steps.ts";
import type {IstioObject} from "../../../../manager/render/istio/index.ts";
import {patches} from "./native-patches.ts";
import {rendered} from "./rendered.ts";
import {group, lane, service} from "./shop-texts.ts";

/** The objects that hold the clusters of so many lanes on cart. */
function destinations(count: number): IstioObject[] {
  const names = Array.from({length: count}, (_, index) => `l${index + 1}`);
  const texts = names.flatMap((name) => [
    lane(name, {services: [{name: "cart", to: `cart--${name}`}]}),
    service(`cart--${name}`),
  ]);
  const {objects} = rendered([group({routing: "native"}), service("cart"), ...texts], {
    options: {nativeSupported: true},
  });
  return objects.filter(({metadata}) => metadata.labels["meshlane.dev/part"] === "destinations");
}

const clustersOf = (object: IstioObject) => patches(object).map(({patch}) => patch.value["name"] as string);
const identity = ({metadata}: {metadata: {name: string}}) => metadata.name;

test("the clusters of a few lanes are in one object, those of many in several, each cluster in one", () => {
  expect(destinations(32).map(identity)).toEqual(["meshlane-destinations-80.cart.shop"]);
  const many = destinations(100);
  expect(many.map(identity)).toEqual([
    "meshlane-destinations-80-1.cart.shop",
    "meshlane-destinations-80-2.cart.shop",
    "meshlane-destinations-80-3.cart.shop",
    "meshlane-destinations-80.cart.shop",
  ]);
  const clusters = many.flatMap(clustersOf);
  expect(new Set(clusters).size).toBe(100);
  expect(clusters.length).toBe(100);
});

test("a lane more beside many writes one object, or three where an object more is needed", () => {
  const writes = (from: number, to: number) =>
    steps(destinations(to), destinations(from)).flatMap((stage) => stage.writes).length;
  expect(writes(100, 101)).toBe(1);
  expect(writes(128, 129)).toBeLessThanOrEqual(3);
  expect(writes(129, 128)).toBeLessThanOrEqual(3);
});

test.each([
  [32, 33],
  [33, 32],
  [96, 97],
  [97, 33],
])("from %i lanes to %i each cluster is in some object at every moment, and in one in the end", (from, to) => {
  const cluster = new Map(destinations(from).map((object) => [identity(object), object]));
  const stay = new Set(destinations(Math.min(from, to)).flatMap(clustersOf));
  for (const {writes} of steps(destinations(to), [...cluster.values()])) {
    for (const write of writes) {
      if ("put" in write) cluster.set(identity(write.put), write.put as IstioObject);
      else cluster.delete(identity(write.delete));
      const there = new Set([...cluster.values()].flatMap(clustersOf));
      expect([...stay].filter((name) => !there.has(name))).toEqual([]);
    }
  }
  expect([...cluster.values()].flatMap(clustersOf).length).toBe(to);
});
