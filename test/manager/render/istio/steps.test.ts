import fc from "fast-check";
import {expect, test} from "vitest";
import type {KubernetesObject} from "../../../../manager/model/kubernetes.ts";
import type {IstioObject} from "../../../../manager/render/istio/options.ts";
import {steps} from "../../../../manager/render/istio/steps.ts";
import {rendered} from "./rendered.ts";
import {cluster, gateway, keyOf, live, write} from "./steps-cluster.ts";

const services = ["cart", "payment"];

interface Lane {
  readonly name: string;
  readonly strict: boolean;
  readonly fallback: readonly string[];
  readonly workload: "to" | "labels";
  readonly of: readonly string[];
}

const names = ["ann", "bob"];

const lane: fc.Arbitrary<Lane> = fc.record({
  name: fc.constantFrom(...names),
  strict: fc.boolean(),
  fallback: fc.subarray(names),
  workload: fc.constantFrom("to" as const, "labels" as const),
  of: fc.subarray(services, {minLength: 1}),
});

const world = fc.record({
  lanes: fc.uniqueArray(lane, {selector: ({name}) => name}),
  routing: fc.constantFrom("routes", "native"),
  merged: fc.boolean(),
});

/** What is desired of some lanes. */
function desired({lanes, routing, merged}: {lanes: Lane[]; routing: string; merged: boolean}): IstioObject[] {
  const present = new Set(lanes.map(({name}) => name));
  const texts = lanes.map(({name, strict, fallback, workload, of}) => {
    const list = of.map((service) =>
      workload === "to" ? {name: service, to: `${service}--${name}`} : {name: service, labels: {version: name}},
    );
    const others = fallback.filter((other) => other !== name && present.has(other));
    const spec = {strict, fallback: others, services: list};
    return JSON.stringify({
      apiVersion: "meshlane.dev/v1alpha1",
      kind: "SwimLane",
      metadata: {name, namespace: "shop"},
      spec,
    });
  });
  const entry = {
    gateways: ["ingress/public"],
    routes: merged
      ? [{service: "cart", port: 80, merge: {virtualService: "shop/theirs", route: "all"}}]
      : [{service: "cart", port: 80, hosts: ["cart.example.com"]}],
  };
  const group = {
    apiVersion: "meshlane.dev/v1alpha1",
    kind: "SwimLaneGroup",
    metadata: {name: "shop", namespace: "shop"},
    spec: {services, routing, entry, baseline: {labels: {version: "v1"}}, through: ["legacy"]},
  };
  const all = rendered([JSON.stringify(group), ...texts, cluster, gateway], {options: {nativeSupported: true}}).objects;
  return all.filter(({metadata}) => ["destinations", "routes"].includes(metadata.labels["meshlane.dev/part"]!));
}

interface Spec {
  host?: string;
  subsets?: {name: string}[];
  http?: {route?: {destination: {host: string; subset?: string}}[]}[];
  configPatches?: {patch: {value: {name?: string}}}[];
}

/** Subsets as `HOST SUBSET`, aggregates as `NAMESPACE CLUSTER`. */
function existing(objects: Iterable<KubernetesObject>): Set<string> {
  return new Set(
    [...objects].flatMap(({kind, metadata, spec}) => {
      const {host, subsets = [], configPatches = []} = spec as Spec;
      if (kind === "DestinationRule") return subsets.map(({name}) => `${host} ${name}`);
      return configPatches.flatMap(({patch}) =>
        patch.value.name === undefined ? [] : [`${metadata.namespace} ${patch.value.name}`],
      );
    }),
  );
}

/** What routes name, and through aggregates their members; Services' own clusters are there whatever we do. */
function referred(objects: Iterable<KubernetesObject>): string[] {
  const all = [...objects];
  const routes = all.filter(({metadata}) => metadata.labels?.["meshlane.dev/part"] === "routes");
  const named = routes.flatMap(namedBy);
  const aggregates = all
    .filter(({kind, metadata}) => kind === "EnvoyFilter" && !routes.some((route) => route.metadata === metadata))
    .flatMap(({metadata, spec}) =>
      ((spec as Spec).configPatches ?? []).map(({patch}) => ({
        name: `${metadata.namespace} ${patch.value.name}`,
        members: clustersIn(JSON.stringify({...patch.value, name: ""}), metadata.namespace ?? ""),
      })),
    );
  return [...named, ...aggregates.flatMap(({name, members}) => (named.includes(name) ? members : []))];
}

function namedBy({kind, metadata, spec}: KubernetesObject): string[] {
  if (kind !== "VirtualService") return clustersIn(JSON.stringify(spec), metadata.namespace ?? "");
  const destinations = ((spec as Spec).http ?? []).flatMap(({route = []}) => route.map(({destination}) => destination));
  return destinations.flatMap(({host, subset}) => (subset === undefined ? [] : [`${host} ${subset}`]));
}

function clustersIn(text: string, namespace: string): string[] {
  return (text.match(/outbound\|[^"]*/g) ?? []).flatMap((name) => {
    const [, , subset = "", host = ""] = name.split("|");
    if (subset === "") return [];
    return [subset.startsWith("meshlane-chain-") ? `${namespace} ${name}` : `${host} ${subset}`];
  });
}

test("at every moment each route names destinations that are there, also those that the proxies still have", () => {
  fc.assert(
    fc.property(world, world, (before, after) => {
      const cluster = live(desired(before));
      const aim = desired(after);
      // What proxies may still go by: everything since the last wait.
      let inForce = referred(cluster.values());
      for (const {writes, waitAfter} of steps(aim, [...cluster.values()])) {
        for (const one of writes) {
          write(cluster, one);
          inForce.push(...referred(cluster.values()));
          const there = existing(cluster.values());
          expect(inForce.filter((name) => !there.has(name))).toEqual([]);
        }
        if (waitAfter) inForce = referred(cluster.values());
      }
      expect(cluster).toEqual(live(aim));
    }),
    {numRuns: 60},
  );
}, 60_000);

test("an idle cluster gets no write", () => {
  fc.assert(
    fc.property(world, (some) => {
      expect(steps(desired(some), [...live(desired(some)).values()])).toEqual([]);
    }),
    {numRuns: 20},
  );
}, 60_000);

const ann: Lane = {name: "ann", strict: false, fallback: [], workload: "labels", of: ["cart"]};
const world1 = {lanes: [ann], routing: "routes", merged: false};

test("without something to shrink nobody waits, unless a route goes to a subset that is new", () => {
  const forked = {...world1, lanes: [{...ann, workload: "to" as const}]};
  expect(steps(desired(forked), []).map(({waitAfter}) => waitAfter)).toEqual([false]);
  const stages = steps(desired(world1), []);
  expect(stages.map(({title, waitAfter}) => [title, waitAfter])).toEqual([
    ["destinations", true],
    ["routes", false],
  ]);
});

test("a lane that goes takes its routes first; its destinations go when the proxies have that", () => {
  const stages = steps(desired({...world1, lanes: []}), desired(world1) as KubernetesObject[]);
  expect(stages.map(({title, waitAfter}) => [title, waitAfter])).toEqual([
    ["routes", true],
    ["what is no longer used", false],
  ]);
});

test("what a pass that was cut short left to shrink is waited for again", () => {
  const [destinations] = steps(desired({...world1, routing: "native"}), desired(world1) as KubernetesObject[]);
  expect(destinations).toBeDefined();
  const routes = desired(world1);
  const extra = routes.map((object) =>
    object.kind === "DestinationRule"
      ? {...object, spec: {...object.spec, subsets: [...(object.spec["subsets"] as []), {name: "old"}]}}
      : object,
  );
  expect(steps(routes, extra as KubernetesObject[]).map(({writes, waitAfter}) => [writes.length, waitAfter])).toEqual([
    [0, true],
    [1, false],
  ]);
});

test("from one way to route to the other, the proxies have the new one before the old one goes", () => {
  const forked = {...world1, lanes: [{...ann, workload: "to" as const}]};
  const native = {...forked, routing: "native"};
  for (const [before, after] of [
    [native, forked],
    [forked, native],
  ] as const) {
    const stages = steps(desired(after), desired(before) as KubernetesObject[]);
    const at = stages.findIndex(({title}) => title === "routes");
    const [added, removed] = stages.slice(at);
    expect([added, removed].map((stage) => [stage?.title, stage?.writes.length !== 0, stage?.waitAfter])).toEqual([
      ["routes", true, true],
      ["routes of before", true, stages.length > at + 2],
    ]);
    expect(added!.writes.every((write) => "put" in write)).toBe(true);
    expect(removed!.writes.every((write) => "delete" in write)).toBe(true);
  }
});

test("objects that are not ours are not looked at, whatever their names", () => {
  const strangers = desired(world1).map((object) => ({...object, metadata: {...object.metadata, labels: {}}}));
  const deletes = steps([], strangers as KubernetesObject[]);
  expect(deletes).toEqual([]);
});

test("what is kept loses nothing, whatever is desired", () => {
  fc.assert(
    fc.property(world, world, (before, after) => {
      const cluster = live(desired(before));
      const wanted = desired(after);
      const kept = ["routes", "entry", "destinations"].map((what) => `${what} shop/cart`);
      const inForce = referred(cluster.values());
      const held = [...cluster.values()].filter(({metadata}) =>
        metadata.annotations!["meshlane.dev/for"]!.split(",").some((what) => kept.includes(what)),
      );
      for (const {writes} of steps(wanted, [...cluster.values()], kept)) for (const one of writes) write(cluster, one);
      for (const object of held) expect(cluster.has(keyOf(object))).toBe(true);
      const there = existing(cluster.values());
      const needed = inForce.filter((name) => name.includes("cart."));
      expect(needed.filter((name) => !there.has(name))).toEqual([]);
    }),
    {numRuns: 30},
  );
}, 60_000);
