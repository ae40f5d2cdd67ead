import {expect, test} from "vitest";
import {group, lane, load, playground} from "./texts.ts";

const cart = {name: "cart"};

const here = (services: object[], ...lanes: object[]) => {
  const {errors, warnings} = load(
    group({services: ["cart"], baseline: {labels: {version: "v1"}}}),
    playground({services}),
    ...lanes,
  );
  expect(errors).toEqual([]);
  return warnings;
};
const v2 = lane({services: [{name: "cart", labels: {version: "v2"}}]});

test("a service that a lane goes to is missed, with what to add", () => {
  expect(here([cart], lane())).toEqual([
    'warning: lane ann: the playground has no service "cart--ann", so callers of "cart" get the next in line. Add {name: cart--ann} to the playground\'s services.',
  ]);
  expect(here([cart, {name: "cart--ann"}], lane())).toEqual([]);
});

test("labels that no workload has are missed, with what to add", () => {
  const v1 = {name: "cart-v1", labels: {version: "v1"}};
  expect(here([{name: "cart", workloads: [v1]}], v2)).toEqual([
    'warning: lane ann: no workload of service "cart" has the labels {version: v2}. Add {name: cart-ann, labels: {version: v2}} to its workloads.',
  ]);
  expect(here([{name: "cart", workloads: [v1, {name: "cart-v2", labels: {version: "v2"}}]}], v2)).toEqual([]);
});

test("the baseline's labels are missed only where a lane shares the Service", () => {
  expect(here([{name: "cart", labels: {version: "v2"}}], v2)).toEqual([
    'warning: playground shop: no workload of service "cart" has the baseline\'s labels {version: v1}. Add labels: {version: v1} to the workload that serves the baseline.',
  ]);
  expect(here([cart, {name: "cart--ann"}], lane())).toEqual([]);
});

test("an image is not run, and the way to try it is told", () => {
  expect(here([cart], lane({services: [{name: "cart", image: "registry/cart:ann"}]}))).toEqual([
    'warning: lane ann: the playground runs no images, so callers of "cart" get the next in line. Add {name: cart--ann} to the playground\'s services and write to: cart--ann.',
  ]);
});

test("a group of another namespace is not run", () => {
  const {warnings} = load(
    group({services: ["ledger"]}, {name: "pay", namespace: "pay"}),
    playground({services: [cart]}),
  );
  expect(warnings).toEqual([expect.stringContaining("the playground runs namespace shop, and nothing of pay")]);
});
