import {expect, test} from "vitest";
import {loadMesh} from "../../../../manager/model/index.ts";
import {changed, imported, laneOf, sample, type Loose} from "./files.ts";

const everybody = {grant: []};

test("the fallback target becomes the baseline, the other lanes become lanes of its services", () => {
  const result = imported(sample("permissive"));
  expect(result.errors).toEqual([]);
  expect(result.group).toEqual({
    apiVersion: "meshlane.dev/v1alpha1",
    kind: "SwimLaneGroup",
    metadata: {name: "shop", namespace: "shop"},
    spec: {
      services: ["front", "cart"],
      baseline: {labels: {version: "v1"}},
      entry: {gateways: ["istio-system/public"], hosts: ["shop.example.com"]},
      through: ["pay"],
    },
  });
  expect(result.lanes).toEqual([
    {
      apiVersion: "meshlane.dev/v1alpha1",
      kind: "SwimLane",
      metadata: {name: "next", namespace: "shop", labels: {team: "checkout"}},
      spec: {
        group: "shop",
        labels: {version: "v2"},
        services: [{name: "cart"}],
        match: [
          {
            uri: {exact: "/new"},
            headers: {user: {prefix: "staff-"}},
          },
        ],
      },
    },
  ]);
});

test.each([
  ["permissive", {}],
  ["permissive", {grant: ["10.0.0.0/8"]}],
  ["permissive", everybody],
  ["strict", {baselines: ["v1"]}],
])("what comes of %s with %j is valid", (name, choices) => {
  const {group, lanes} = imported(sample(name), choices);
  const text = JSON.stringify({kind: "List", items: [group, ...lanes]});
  expect(loadMesh([{name: "", text}]).problems.filter(({severity}) => severity === "error")).toEqual([]);
});

test("everything that is not carried over is said, with its place and the reason", () => {
  expect(imported(sample("permissive")).warnings).toEqual(
    [
      "ASM group shop: routeHeader x-lane is not carried over as a way in: under ASM every client may choose its lane by it, and nothing here says who may. Import again with --ask-from CIDR for the networks that may, or, if every client may, with --ask-anyone.  asm.yaml:9",
      "ASM group shop: the gateway's routes are not carried over: shop.example.com to front.shop.svc.cluster.local; shop.example.com /new to front.shop.svc.cluster.local. Write a VirtualService with them, and none of the lanes' subsets in it.  asm.yaml:11",
      "ASM group shop: service ledger is not carried over: it is in namespace pay, and a group overrides services of its own, shop. Write a group of that namespace, with lanes of other names.  asm.yaml:19",
      "ASM lane next: rule by-name is not carried over: under ASM every client that sends x-lane enters the lane, and nothing here says who may. Import again with --ask-from CIDR for the networks that may, or, if every client may, with --ask-anyone.  asm.yaml:44",
      "lane next: any client can set what match[0] looks at, and so enter the lane. Add from: [CIDR] to the item, or, if that is meant, write entry: {trusted: [{header: user} or {uri: true}]} in group shop.",
    ].map((text) => `warning: ${text}`),
  );
});

test.each([
  [
    "group",
    "isPermisive",
    ["spec", "isPermisive"],
    'spec has an unknown field "isPermisive". Did you mean "isPermissive"?',
  ],
  ["next", "weight", ["spec", "weight"], 'spec has an unknown field "weight"'],
])("a field of %s that ASM does not have is refused: %s", (name, _field, path, message) => {
  const text = changed("permissive", {[name]: (object) => (object[path[0]!][path[1]!] = 1)});
  const {group, lanes, errors} = imported(text);
  expect([group, lanes]).toEqual([undefined, []]);
  expect(errors).toEqual([expect.stringContaining(message)]);
});

const patches: [string, string, (object: Loose) => void, string][] = [
  ["group", "a default policy", ({spec}) => (spec.defaultTrafficPolicyPatch = {}), "defaultTrafficPolicyPatch"],
  ["group", "a default route", ({spec}) => (spec.defaultHttpRoutePatch = {}), "defaultHttpRoutePatch"],
  ["group", "autoUpdate", ({spec}) => (spec.autoUpdate = true), "autoUpdate"],
  [
    "group",
    "a service's policy",
    ({spec}) => (spec.services[1].trafficPolicyPatch = {}),
    "trafficPolicyPatch of service cart",
  ],
  ["group", "a service's route", ({spec}) => (spec.services[1].httpRoutePatch = {}), "httpRoutePatch of service cart"],
  ["group", "a cluster", ({spec}) => (spec.services[1].cluster = {id: "c1"}), "the cluster of service cart"],
  [
    "next",
    "annotations",
    ({metadata}) => (metadata.annotations = {note: "x"}),
    "annotations are not carried over: note",
  ],
  [
    "stable",
    "rules of the baseline",
    ({spec}) => (spec.ingressRules = [{name: "all"}]),
    "its ingress rules and weight are not",
  ],
  [
    "group",
    "a fallback of one service",
    ({spec}) => (spec.permissiveModeConfiguration.serviceLevelFallbackTarget = {"shop/cart": "next"}),
    "the fallback of service shop/cart to lane next",
  ],
  [
    "group",
    "a trace header that is not remembered",
    ({spec}) => (spec.permissiveModeConfiguration.traceHeader = "my-trace-id"),
    "traceHeader my-trace-id",
  ],
  [
    "group",
    "a trace header that is the route header",
    ({spec}) => (spec.permissiveModeConfiguration.traceHeader = "x-lane"),
    "the context travels in x-swimlane and baggage",
  ],
];

test.each(patches)("of %s, %s has no counterpart, and that is said", (name, _what, change, expected) => {
  const before = imported(sample("permissive")).warnings;
  const {errors, warnings} = imported(changed("permissive", {[name]: change}));
  expect(errors).toEqual([]);
  expect(before.some((text) => text.includes(expected))).toBe(false);
  expect(warnings.filter((text) => text.includes(expected))).toHaveLength(1);
});

test.each(["x-request-id", "X-B3-TraceId", "baggage"])("trace header %s needs no word", (traceHeader) => {
  const text = changed("permissive", {
    group: ({spec}) => (spec.permissiveModeConfiguration.traceHeader = traceHeader),
  });
  expect(imported(text).warnings.filter((warning) => warning.includes("traceHeader"))).toEqual([]);
});

test("a lane whose services all lie in another namespace is not carried over", () => {
  const result = imported(
    changed("permissive", {next: ({spec}) => (spec.services = [{name: "ledger", namespace: "pay"}])}),
  );
  expect(result.lanes).toEqual([]);
  expect(result.warnings.some((text) => text.includes("none of its services was"))).toBe(true);
});

test.each([
  [
    "no group",
    {next: ({metadata}: Loose) => (metadata.labels["swimlane-group"] = "shpo")},
    'no ASMSwimLaneGroup "shpo"',
  ],
  ["no label", {next: ({metadata}: Loose) => delete metadata.labels["swimlane-group"]}, "swimlane-group"],
  [
    "no baseline",
    {group: ({spec}: Loose) => (spec.permissiveModeConfiguration.fallbackTarget = "old")},
    'the baseline, ASMSwimLane "old", is not among the files. Add its file with -f.',
  ],
  [
    "no fallback target",
    {group: ({spec}: Loose) => delete spec.permissiveModeConfiguration.fallbackTarget},
    "no fallbackTarget says which lane is the baseline",
  ],
  [
    "a Kubernetes Ingress",
    {group: ({spec}: Loose) => (spec.ingress.gateway.type = "ingress")},
    "spec.ingress.gateway.type must be ASM: requests enter at a Gateway, not at a Kubernetes Ingress",
  ],
  ["a name of ours", {next: ({metadata}: Loose) => (metadata.name = "baseline")}, "must not be baseline"],
])("nothing is made where there is %s", (_what, changes, expected) => {
  const {group, errors} = imported(changed("permissive", changes));
  expect(group).toBeUndefined();
  expect(errors).toEqual([expect.stringContaining(expected)]);
});

test("an object of another kind is skipped, and one that stands there twice is an error", () => {
  const other = imported(`kind: Service\n---\n${sample("permissive")}`);
  expect(other.errors).toEqual([]);
  expect(other.warnings[0]).toBe("warning: Service is no ASMSwimLaneGroup or ASMSwimLane: skipped  asm.yaml:1");
  const twice = imported(`${sample("strict")}---\n${sample("strict")}`, {baselines: ["v1"]});
  expect(twice.errors.filter((text) => text.includes("stands here a second time"))).toHaveLength(3);
});

test("strict mode has no baseline: one is chosen, and the other lanes are strict", () => {
  expect(imported(sample("strict")).errors).toEqual([
    "ASM group shop: strict mode has no baseline, and Meshlane needs one for the requests of no lane. Import again with --baseline LANE for one of its lanes (v1, v2); the others become strict.  asm.yaml:5",
  ]);
  const {group, lanes} = imported(sample("strict"), {baselines: ["v1"]});
  expect(group.spec.baseline).toEqual({labels: {version: "v1"}});
  expect(lanes.map(({metadata, spec}: Loose) => [metadata.name, spec.strict, spec.services])).toEqual([
    ["v2", true, [{name: "front"}, {name: "cart"}]],
  ]);
  const unknown = imported(sample("permissive"), {baselines: ["next"]});
  expect(unknown.errors).toEqual(["--baseline next: no group in strict mode has such a lane"]);
});

test("weights become percent of their sum", () => {
  expect(laneOf(imported(sample("strict"), {baselines: ["v1"]}), "v2").spec.weight).toBe(57);
  const thirds = changed("strict", {
    v1: ({spec}) => (spec.ingressWeight.weight = 2),
    v2: ({spec}) => (spec.ingressWeight.weight = 1),
  });
  expect(laneOf(imported(thirds, {baselines: ["v1"]}), "v2").spec.weight).toBe(33.33);
});

test.each([
  ["rules decide", ({spec}: Loose) => delete spec.ingress.ingressRouting, "the group routes by rules"],
  [
    "only requests with a header have a share",
    ({spec}: Loose) => {
      spec.ingress.ingressRouting.weightedRoutingRule.requestMatches = [{headers: {beta: {exact: "yes"}}}];
    },
    "a share of the requests with certain headers",
  ],
])("no weight where %s", (_what, change, expected) => {
  const result = imported(changed("strict", {group: change}), {baselines: ["v1"]});
  expect(laneOf(result, "v2").spec.weight).toBeUndefined();
  expect(result.warnings.filter((text) => text.includes(expected))).toHaveLength(1);
});
