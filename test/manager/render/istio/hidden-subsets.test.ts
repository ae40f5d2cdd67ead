import {expect, test} from "vitest";
import type {IstioOptions} from "../../../../manager/render/istio/options.ts";
import {named, namesOf, rendered} from "./rendered.ts";
import {deployment, destinationRule, group, lane, object, service, virtualService} from "./shop-texts.ts";

const WIDE = "*.shop.svc.cluster.local";
const trafficPolicy = {connectionPool: {tcp: {maxConnections: 7}}};
const gateway = object(
  "networking.istio.io/v1",
  "Gateway",
  "public",
  {selector: {istio: "ingress"}, servers: [{port: {number: 80, name: "http", protocol: "HTTP"}, hosts: ["*"]}]},
  "istio-ingress",
);
const entry = {
  gateways: ["istio-ingress/public"],
  routes: [{service: "cart", hosts: ["shop.example.com"]}],
};
/** One lane shares the Service, another has its own. */
const cluster = [
  lane("next", {services: [{name: "cart", labels: {version: "v2"}}]}),
  lane("ann"),
  service("cart"),
  service("payment"),
  service("cart--ann"),
  deployment("cart", "v1"),
  deployment("cart", "v2"),
  gateway,
];

function mesh(rule: string | undefined, options: Partial<IstioOptions>, spec: object = {}, texts: string[] = []) {
  const given = [group({baseline: {labels: {version: "v1"}}, ...spec}), ...cluster, ...texts];
  return rendered(rule === undefined ? given : [...given, rule], {options});
}

/** What of ours names a subset of ours: `KIND NAMESPACE/NAME`. */
function naming(rendering: ReturnType<typeof rendered>): string[] {
  const objects = rendering.objects.filter(({spec}) =>
    /"subset":"meshlane-|\|meshlane-v[12]-/.test(JSON.stringify(spec)),
  );
  return namesOf({...rendering, objects}, ["routes", "destinations"]);
}

const handed = virtualService("cart", {
  hosts: ["cart"],
  http: [{name: "mine", route: [{destination: {host: "cart"}}]}],
});
const ways: [string, Partial<IstioOptions>, object, string[]][] = [
  ["natively", {nativeSupported: true}, {}, []],
  ["by routes", {}, {}, []],
  ["handed over", {adopt: ["shop/cart"]}, {}, [handed]],
  ["on gateways", {}, {entry}, []],
];

const hiding: [string, string, string][] = [
  ["elsewhere of a wider host", destinationRule("x", {host: WIDE, trafficPolicy}, "web"), "Move it to namespace shop"],
  ["elsewhere of the host", destinationRule("x", {host: "cart.shop.svc.cluster.local"}, "web"), "Move it to namespace"],
  ["where a gateway's pods are", destinationRule("x", {host: WIDE}, "istio-ingress"), "Move it to namespace shop"],
  ["of the host that not all see", destinationRule("x", {host: "cart", exportTo: ["."]}), 'Write exportTo: ["*"]'],
  ["of a wider host that not all see", destinationRule("x", {host: WIDE, exportTo: ["."]}), 'Write exportTo: ["*"]'],
  [
    "of the root namespace that not all see",
    destinationRule("x", {host: WIDE, exportTo: ["."]}, "istio-system"),
    'Write exportTo: ["*"]',
  ],
];

test.each(ways)(
  "without a rule that hides it, %s requests of no lane go to the baseline's subset",
  (_way, ...given) => {
    const rendering = mesh(undefined, ...given);
    expect(rendering.notices).toEqual([]);
    expect(naming(rendering)).not.toEqual([]);
  },
);

test.each(hiding.flatMap(([what, rule, hint]) => ways.map((way) => [what, way[0], rule, hint, way] as const)))(
  "a rule %s hides subsets from some caller: %s no route names one, lanes by labels are refused, others work",
  (_what, _way, rule, hint, [, ...given]) => {
    const rendering = mesh(rule, ...given);
    expect(rendering.notices).toMatchObject([{severity: "error", reason: "RuleHidesSubsets"}]);
    expect(rendering.notices[0]!.subject).toMatch(
      /^DestinationRule (shop|web|istio-ingress|istio-system)\/x \(yours\)$/,
    );
    expect(rendering.notices[0]!.hint).toContain(hint);
    expect(naming(rendering)).toEqual([]);
    expect(rendering.objects.filter(({spec}) => spec["subsets"] !== undefined)).toEqual([]);
    expect(JSON.stringify(rendering.objects)).toContain("cart--ann.shop.svc.cluster.local");
  },
);

test("without lanes left, a rule that hides subsets leaves the service as it is, natively too", () => {
  const [next, , ...rest] = cluster;
  const rule = destinationRule("x", {host: WIDE, trafficPolicy}, "web");
  const texts = [group({baseline: {labels: {version: "v1"}}}), next!, ...rest, rule];
  expect(namesOf(rendered(texts, {options: {nativeSupported: true}}), ["routes", "destinations"])).toEqual([]);
});

test("the root namespace's rule with a workloadSelector hides subsets from the pods that it selects there", () => {
  const rule = destinationRule("x", {host: WIDE, workloadSelector: {matchLabels: {istio: "ingress"}}}, "istio-system");
  const rendering = mesh(rule, {});
  expect(rendering.notices.map(({reason}) => reason)).toEqual(["RuleHasSelector"]);
  expect(naming(rendering)).toEqual([]);
});

test.each([
  ["the service's", "shop"],
  ["the root", "istio-system"],
])("what a wider rule of %s namespace says of exportTo is not repeated in ours", (_whose, namespace) => {
  const rule = destinationRule("x", {host: WIDE, trafficPolicy, exportTo: ["*"]}, namespace);
  const rendering = mesh(rule, {});
  expect(rendering.notices).toEqual([]);
  const {spec} = named(rendering, "DestinationRule", "meshlane-cart");
  expect(spec["exportTo"]).toBeUndefined();
  expect(spec["trafficPolicy"]).toEqual(trafficPolicy);
});
