import {expect, test} from "vitest";
import type {KubernetesObject} from "../../../../manager/model/kubernetes.ts";
import type {IstioObject, Rendering} from "../../../../manager/render/istio/options.ts";
import {type Stage, steps, type Write} from "../../../../manager/render/istio/steps.ts";
import {rendered} from "./rendered.ts";
import {cluster, gateway, keyOf, live, write} from "./steps-cluster.ts";

const names = ["ann", "bob"];

const ownGateway = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: own, namespace: ingress}
spec: {selector: {istio: ingress, of: rest}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
`;

/** All that is desired of a group that enters at a gateway. */
function entering(lanes: readonly string[], texts = [gateway]): Rendering {
  const group = {
    apiVersion: "meshlane.dev/v1alpha1",
    kind: "SwimLaneGroup",
    metadata: {name: "shop", namespace: "shop"},
    spec: {services: ["cart"], entry: {gateways: ["ingress/public"]}},
  };
  const own = lanes.map((name) => ({
    apiVersion: "meshlane.dev/v1alpha1",
    kind: "SwimLane",
    metadata: {name, namespace: "shop"},
    spec: {services: [{name: "cart", to: `cart--${name}`}]},
  }));
  const namespaces = ["shop", "ingress"].map((name) => ({apiVersion: "v1", kind: "Namespace", metadata: {name}}));
  const all = [group, ...own, ...namespaces].map((object) => JSON.stringify(object));
  return rendered([...all, cluster, ...texts], {cluster: {complete: true}});
}

const isRoute = ({metadata}: KubernetesObject) => metadata.labels?.["meshlane.dev/part"] === "routes";
const isStrip = ({kind, metadata}: KubernetesObject) =>
  kind === "EnvoyFilter" && metadata.labels?.["meshlane.dev/part"] === "edge";

/** Routes, as they are written, that proxies may have without a strip, where the first pass ends after `cut` writes. */
function openRoutes(before: readonly IstioObject[], after: readonly IstioObject[], cut: number): string[] {
  const there = live(before);
  const open: string[] = [];
  let stripped = [...there.values()].some(isStrip);
  let left = cut;
  const passOnce = () => {
    for (const {writes, waitAfter} of steps(after, [...there.values()])) {
      for (const one of writes) {
        if (left-- === 0) return;
        write(there, one);
        stripped &&= [...there.values()].some(isStrip);
        if (!stripped) open.push(...[...there.values()].filter(isRoute).map(keyOf));
        if (left === 0) return;
      }
      if (waitAfter) stripped = [...there.values()].some(isStrip);
    }
  };
  passOnce();
  left = -1;
  passOnce();
  expect(there).toEqual(live(after));
  return open;
}

test("at no moment is there a route that the proxies have no strip for, wherever an earlier pass was cut short", () => {
  const aims = [[], ["ann"], ["bob"], names].map((lanes) => (lanes.length === 0 ? [] : entering(lanes).objects));
  const pairs = aims.flatMap((before) => aims.map((after) => [before, after] as const));
  for (const [before, after] of pairs) {
    for (let cut = 0; cut <= 12; cut++) expect(openRoutes(before, after, cut)).toEqual([]);
  }
}, 60_000);

test("the strip comes before the edge, and goes after it when the proxies have no route any more", () => {
  const {objects} = entering(["ann"]);
  const up = steps(objects, []);
  expect(up.map(({title, waitAfter}) => [title, waitAfter])).toEqual([
    ["filters", false],
    ["edges", true],
    ["routes", false],
  ]);
  const kinds = (stage: Stage | undefined) =>
    (stage?.writes ?? []).map((one) => ("put" in one ? one.put : one.delete).kind);
  expect(kinds(up[1])).toEqual(["EnvoyFilter", "WasmPlugin"]);
  const [routes, last] = steps([], objects as KubernetesObject[]);
  expect(routes).toMatchObject({title: "routes", waitAfter: true});
  expect(kinds(last).slice(0, 2)).toEqual(["WasmPlugin", "EnvoyFilter"]);
});

/**
 * Two groups on the same pods: `shop` has a host of its own, `rest` takes all others and lets anybody ask.
 * @param own the Gateway where `rest` enters; `ingress/own` shares pods with the other, but selects them by more
 */
function sharing(
  groups: readonly string[],
  api: "WasmPlugin" | "TrafficExtension",
  own = "ingress/public",
): readonly IstioObject[] {
  const specs: Record<string, object> = {
    shop: {services: ["cart"], entry: {gateways: ["ingress/public"], hosts: ["shop.example.com"]}},
    rest: {
      services: ["payment"],
      entry: {gateways: [own], lane: [{header: "x-swimlane", anyone: true}]},
    },
  };
  const services: Record<string, string> = {shop: "cart", rest: "payment"};
  const texts = groups.flatMap((name) => [
    {
      apiVersion: "meshlane.dev/v1alpha1",
      kind: "SwimLaneGroup",
      metadata: {name, namespace: "shop"},
      spec: specs[name],
    },
    {
      apiVersion: "meshlane.dev/v1alpha1",
      kind: "SwimLane",
      metadata: {name: `${name}-ann`, namespace: "shop"},
      spec: {
        group: `shop/${name}`,
        services: [{name: services[name], to: `${services[name]}--ann`}],
      },
    },
  ]);
  const namespaces = ["shop", "ingress"].map((name) => ({apiVersion: "v1", kind: "Namespace", metadata: {name}}));
  const all = [...texts, ...namespaces].map((object) => JSON.stringify(object));
  const given = {cluster: {complete: true}, options: {extensionApi: api}};
  return rendered([...all, cluster, gateway, ownGateway], given).objects;
}

test.each([
  ["WasmPlugin", "ingress/public", 1],
  ["TrafficExtension", "ingress/public", 1],
  ["WasmPlugin", "ingress/own", 2],
  ["TrafficExtension", "ingress/own", 2],
] as const)(
  "a group goes from the edge that it shares when the proxies have lost its routes, wherever an earlier pass was cut short (%s, %s)",
  (api, own, edgesInAll) => {
    const before = sharing(["shop", "rest"], api, own);
    const after = sharing(["rest"], api, own);
    const isEdge = ({kind, metadata}: KubernetesObject) =>
      kind === api && metadata.labels?.["meshlane.dev/part"] === "edge";
    expect(new Set([...before, ...after].filter(isEdge).map(keyOf)).size).toBe(edgesInAll);
    const decidesForShop = (object: KubernetesObject) =>
      object.kind === api && JSON.stringify(object.spec).includes('"shop.example.com"');
    const isOfShop = (object: KubernetesObject) => isRoute(object) && JSON.stringify(object.spec).includes("cart--ann");
    expect([before.some(decidesForShop), before.some(isOfShop), after.some(decidesForShop)]).toEqual([
      true,
      true,
      false,
    ]);
    for (let cut = 0; cut <= 14; cut++) {
      const there = live(before);
      const edges = () => [...there.values()].filter(isEdge);
      const isOpen = (routed: boolean) =>
        (routed && !edges().every(decidesForShop)) ||
        edges().some(({metadata}) => !there.has(keyOf({kind: "EnvoyFilter", metadata} as KubernetesObject)));
      // A pass that is cut short after some writes; a wait behind them it does not see the end of.
      const writes = (most: number) => {
        let routed = true;
        const all = steps(after, [...there.values()]).flatMap((stage): (Write | "wait")[] => [
          ...stage.writes,
          ...(stage.waitAfter ? ["wait" as const] : []),
        ]);
        for (const one of all.slice(0, most)) {
          if (one === "wait") routed = [...there.values()].some(isOfShop);
          else write(there, one);
          expect(isOpen(routed)).toBe(false);
        }
      };
      writes(cut);
      writes(Infinity);
      expect(there).toEqual(live(after));
    }
  },
);

test("a group that takes another's place on an edge has its guard before its routes", () => {
  const stages = steps(sharing(["rest"], "WasmPlugin"), sharing(["shop"], "WasmPlugin") as KubernetesObject[]);
  expect(stages.map(({title, waitAfter}) => [title, waitAfter])).toEqual([
    ["filters", false],
    ["edges", true],
    ["routes", false],
  ]);
});

/** A group whose services of these names are entry services. */
function enteringAt(services: readonly string[], api: "WasmPlugin" | "TrafficExtension"): readonly IstioObject[] {
  const group = {
    apiVersion: "meshlane.dev/v1alpha1",
    kind: "SwimLaneGroup",
    metadata: {name: "shop", namespace: "shop"},
    spec: {services: ["cart", "payment"], entry: {services}},
  };
  const given = {cluster: {complete: true}, options: {extensionApi: api}};
  const namespace = {apiVersion: "v1", kind: "Namespace", metadata: {name: "shop"}};
  return rendered([JSON.stringify(group), JSON.stringify(namespace), cluster], given).objects;
}

/** The apps that inbound leaves alone, and those that an edge is on. */
function guardsOf(objects: Iterable<KubernetesObject>): {left: string[]; edges: string[]} {
  const all = [...objects].filter(({kind}) => kind === "WasmPlugin" || kind === "TrafficExtension");
  const text = (part: string) => all.filter(({metadata}) => metadata.labels?.["meshlane.dev/part"] === part);
  const apps = (found: readonly KubernetesObject[], field: RegExp) =>
    found.flatMap(({spec}) =>
      [...(field.exec(JSON.stringify(spec))?.[0] ?? "").matchAll(/"app":"(\w+)"/gu)].map(([, app]) => app!),
    );
  return {
    left: apps(text("filter"), /"except":\[.*?\]/u),
    edges: apps(text("edge"), /"matchLabels":\{.*?\}|"targetRefs".*?\]/u),
  };
}

test.each([
  ["WasmPlugin", [], ["cart"]],
  ["WasmPlugin", ["cart"], ["payment"]],
  ["WasmPlugin", ["cart"], ["cart", "payment"]],
  ["WasmPlugin", ["cart", "payment"], ["payment"]],
  ["WasmPlugin", ["cart"], []],
  ["TrafficExtension", ["cart"], ["payment"]],
] as const)(
  "inbound leaves pods to an edge when the proxies have that edge, wherever an earlier pass was cut short (%s, %j to %j)",
  (api, from, to) => {
    const [before, after] = [enteringAt(from, api), enteringAt(to, api)];
    expect(guardsOf(after)).toEqual({left: to, edges: to});
    for (let cut = 0; cut <= 10; cut++) {
      const there = live(before);
      let known = guardsOf(there.values()).edges;
      const writes = (most: number) => {
        const all = steps(after, [...there.values()]).flatMap((stage): (Write | "wait")[] => [
          ...stage.writes,
          ...(stage.waitAfter ? ["wait" as const] : []),
        ]);
        for (const one of all.slice(0, most)) {
          if (one !== "wait") write(there, one);
          const now = guardsOf(there.values());
          known = one === "wait" ? now.edges : known.filter((app) => now.edges.includes(app));
          expect(known).toEqual(expect.arrayContaining(now.left));
        }
      };
      writes(cut);
      writes(Infinity);
      expect(guardsOf(there.values())).toEqual({left: to, edges: to});
      expect(there).toEqual(live(after));
    }
  },
);

test("where a gateway cannot be guarded no route is new, and what stands there stays", () => {
  const before = entering(["ann"]).objects as KubernetesObject[];
  const {objects, kept, notices} = entering(["ann", "bob"], []);
  expect(notices.map(({reason}) => reason)).toEqual(["GatewayNotFound"]);
  expect(objects.filter(isRoute)).toEqual([]);
  const writes = steps(objects, before, kept).flatMap((stage) => stage.writes);
  expect(writes.filter((one) => "delete" in one || isRoute(one.put))).toEqual([]);
  const without = steps(objects, before).flatMap((stage) => stage.writes);
  expect(without.some((one) => "delete" in one && isStrip(one.delete))).toBe(true);
});

test.each([{}, "shop", [null], ["shop"], null])(
  "an edge whose groups somebody has edited to %j is written anew",
  (groups) => {
    const {objects} = entering(["ann"]);
    const there = objects.map((one) => structuredClone(one) as KubernetesObject & {spec: {pluginConfig?: object}});
    const edge = there.find(({kind, metadata}) => kind === "WasmPlugin" && metadata.name.startsWith("meshlane-edge"))!;
    edge.spec.pluginConfig = {...edge.spec.pluginConfig, groups};
    expect(steps(objects, there).map(({title, writes}) => [title, writes.length])).toEqual([["edges", 1]]);
  },
);
