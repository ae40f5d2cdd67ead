import {expect, test} from "vitest";
import type {ClusterState} from "../../../manager/controller/cluster-state.ts";
import {taskOf} from "../../../manager/controller/reconcile.ts";
import {remembering} from "../../../manager/controller/remembering.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {gateway, group, namespace, service, settings} from "./check/inspections.ts";

const objects = [namespace("shop"), service("cart"), service("cart--ann"), service("cart--bob")];
const spec = (name: string) => ({
  services: [{name: "cart", to: `cart--${name}`}],
  match: [{header: "user", exact: "x"}],
});
const lane = (name: string, creationTimestamp?: string): KubernetesObject => ({
  apiVersion: "meshlane.dev/v1alpha1",
  kind: "SwimLane",
  metadata: {name, namespace: "shop", ...(creationTimestamp === undefined ? {} : {creationTimestamp})},
  spec: spec(name),
});
const shop = group();
const state = (lanes: KubernetesObject[], more: Partial<ClusterState> = {}): ClusterState => ({
  objects,
  live: [],
  groups: [shop],
  lanes,
  ...more,
});

const [older, newer] = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"];
const before = [lane("bob", older), lane("ann")];

/** How often it was decided, for a state and then another. */
function decisions(...asked: Parameters<typeof taskOf>[]): number {
  let count = 0;
  const decide = remembering((...inputs) => {
    count++;
    return taskOf(...inputs);
  });
  const tasks = asked.map((inputs) => decide(...inputs));
  expect(tasks.map(({stages}) => stages)).toEqual(asked.map((inputs) => taskOf(...inputs).stages));
  return count;
}

test("what the server says of a lane's age, its version and its fields by default changes no decision", () => {
  const {metadata, ...rest} = lane("ann", newer);
  const stored = {
    ...rest,
    metadata: {...metadata, uid: "1", resourceVersion: "7"},
    spec: {...spec("ann"), priority: 0},
  };
  expect(decisions([state(before), settings, {}], [state([before[0]!, stored]), settings, {}])).toBe(1);
});

test.each([
  ["another lane", [state([...before, lane("eve")]), settings, {}]],
  ["another order of precedence", [state([lane("bob", newer), lane("ann", older)]), settings, {}]],
  ["another group", [state(before, {groups: [group({services: ["cart"], strict: ["cart"]})]}), settings, {}]],
  ["other owners of buckets", [state(before, {groups: [{...shop, status: {buckets: {ann: [[0, 9]]}}}]}), settings, {}]],
  ["objects that were read anew", [state(before, {objects: [...objects]}), settings, {}]],
  ["other settings", [state(before), {...settings, version: "9.9.9"}, {}]],
  ["a host that is handed over", [state(before), settings, {adopt: ["shop/cart"]}]],
] satisfies [string, Parameters<typeof taskOf>][])("%s is decided anew", (_what, other) => {
  expect(decisions([state(before), settings, {}], other)).toBe(2);
});

test("which of two groups is older is part of what a decision follows from", () => {
  const entering = (name: string, gateway: string, creationTimestamp?: string): KubernetesObject => {
    const made = group({services: [name], entry: {gateways: [`istio-ingress/${gateway}`]}}, name);
    return {...made, metadata: {...made.metadata, ...(creationTimestamp === undefined ? {} : {creationTimestamp})}};
  };
  const pods = {istio: "public"};
  const there = [...objects, namespace("istio-ingress"), service("shop"), gateway("one", pods), gateway("two", pods)];
  const groups = (...times: (string | undefined)[]) =>
    state([], {objects: there, groups: [entering("cart", "one", times[0]), entering("shop", "two", times[1])]});
  expect(decisions([groups(), settings, {}], [groups(newer, older), settings, {}])).toBe(2);
});
