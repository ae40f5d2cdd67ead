import {expect, test} from "vitest";
import {parse, stringify} from "yaml";
import {clusterFacts} from "../../../../manager/compile/cluster-objects.ts";
import {compileMesh} from "../../../../manager/compile/index.ts";
import {isAdopted, original} from "../../../../manager/model/adopted.ts";
import {loadMesh} from "../../../../manager/model/index.ts";
import {asRendered, type KubernetesObject} from "../../../../manager/model/kubernetes.ts";
import {handedOver} from "../../../../manager/render/istio/adopt.ts";
import type {IstioOptions} from "../../../../manager/render/istio/options.ts";
import {routesToPaste} from "../../../../manager/render/istio/paste.ts";
import {steps} from "../../../../manager/render/istio/steps.ts";
import {named, namesOf, rendered} from "./rendered.ts";
import {deployment, group, lane, object, service, virtualService} from "./shop-texts.ts";

const PARTS = ["destinations", "routes"];
const shop = [service("cart"), service("payment"), service("cart--ann")];
const base = [group(), lane("ann"), ...shop];
const own = {destination: {host: "cart"}};

/** The user's: a timeout for one path, weights for the rest, and another host. */
const theirs = {
  hosts: ["cart"],
  http: [
    {name: "slow", match: [{uri: {prefix: "/report"}}], timeout: "60s", retries: {attempts: 1}, route: [own]},
    {match: [{uri: {prefix: "/old"}}], redirect: {uri: "/new"}},
    {match: [{uri: {prefix: "/pay"}}], route: [{destination: {host: "payment"}}]},
    {
      mirror: {host: "payment"},
      route: [
        {...own, weight: 90},
        {destination: {host: "cart", subset: "x"}, weight: 10},
      ],
    },
  ],
};

function adopted(spec: object = theirs, texts: string[] = base, options: Partial<IstioOptions> = {}) {
  return rendered([...texts, virtualService("cart", spec)], {options: {adopt: ["shop/cart"], ...options}});
}

test("a VirtualService of somebody else is never overwritten, and what goes on is said", () => {
  const rendering = rendered([...base, virtualService("mine", theirs)]);
  expect(namesOf(rendering, PARTS)).toEqual([]);
  const [notice, ...more] = rendering.notices;
  expect(more).toEqual([]);
  expect(notice).toMatchObject({
    severity: "error",
    subject: "VirtualService shop/mine (yours)",
    reason: "HostHasVirtualService",
    hint: "--adopt shop/cart, or paste: meshlane render --routes cart",
  });
  expect(notice!.message).toMatch(/^has this host; its lanes stay as they are/);
});

test.each([
  ["right for these lanes", ["ann"], []],
  ["of other lanes", ["ann", "bob"], ["RenderedElsewhere"]],
])("a VirtualService that meshlane render gave is never handed over, whether it is %s", (_name, lanes, reasons) => {
  const texts = [group(), ...lanes.map((name) => lane(name)), ...shop, service("cart--bob")];
  const given = named(rendered([...base]), "VirtualService", "meshlane-cart");
  const {notices, objects} = rendered([...texts, stringify(asRendered(given))], {options: {adopt: ["shop/cart"]}});
  expect(notices.map(({reason}) => reason)).toEqual(reasons);
  expect(objects.filter(({kind}) => kind === "VirtualService")).toEqual([]);
});

test.each([
  ["its full name", {hosts: ["cart.shop.svc.cluster.local"]}, "shop"],
  ["from another namespace", {hosts: ["cart.shop.svc.cluster.local"]}, "legacy"],
  ["a wildcard", {hosts: ["*.shop.svc.cluster.local"]}, "shop"],
  ["all hosts", {hosts: ["*"]}, "shop"],
  ["mesh among its gateways", {hosts: ["cart"], gateways: ["ingress/public", "mesh"]}, "shop"],
])("a VirtualService has the host by %s", (_name, spec, namespace) => {
  const {notices} = rendered([...base, virtualService("mine", {...theirs, ...spec}, namespace)]);
  expect(notices.map(({reason}) => reason)).toEqual(["HostHasVirtualService"]);
});

test.each([
  ["a name that is short in another namespace", {hosts: ["cart"]}, "legacy"],
  ["gateways alone", {hosts: ["cart"], gateways: ["ingress/public"]}, "shop"],
])("a VirtualService does not have the host by %s", (_name, spec, namespace) => {
  const rendering = rendered([...base, virtualService("mine", {...theirs, ...spec}, namespace)]);
  expect(namesOf(rendering, PARTS)).toEqual(["VirtualService shop/meshlane-cart"]);
});

test("handed over: before each route to the host stands its variant for the lane, all else is theirs", () => {
  const rendering = adopted();
  expect(rendering.notices).toEqual([]);
  expect(namesOf(rendering, PARTS)).toEqual(["VirtualService shop/cart"]);
  const [slow, redirect, pay, rest] = theirs.http;
  const context = {"x-swimlane": {exact: "ann"}};
  const lanes = [{destination: {host: "cart--ann.shop.svc.cluster.local"}}];
  expect(named(rendering, "VirtualService", "cart").spec["http"]).toEqual([
    {...slow, name: "meshlane-slow-cart--ann", match: [{uri: {prefix: "/report"}, headers: context}], route: lanes},
    slow,
    redirect,
    pay,
    {...rest, name: "meshlane-cart--ann", match: [{headers: context}], route: lanes},
    rest,
  ]);
});

test("handed over: requests of no lane keep off the lanes' pods, unless the owner named a subset", () => {
  const texts = [
    group({baseline: {labels: {version: "v1"}}}),
    lane("next", {services: [{name: "cart", labels: {version: "v2"}}]}),
    ...shop,
    deployment("cart", "v1"),
    deployment("cart", "v2"),
  ];
  const http = named(adopted(theirs, texts), "VirtualService", "cart").spec["http"] as typeof theirs.http;
  const subsets = http.at(-1)!.route!.map(({destination}) => (destination as {subset?: string}).subset);
  expect(subsets).toEqual([expect.stringMatching(/^meshlane-v1-/), "x"]);
});

test("routes of lanes that were pasted are not doubled where the VirtualService is handed over, and do not come back", () => {
  const stale = adopted().objects.find(({kind}) => kind === "VirtualService")!.spec;
  const changed = lane("ann", {services: [{name: "cart", to: "payment"}]});
  const ours = named(adopted(stale, [group(), changed, ...shop]), "VirtualService", "cart");
  const fresh = named(adopted(theirs, [group(), changed, ...shop]), "VirtualService", "cart");
  expect(ours.spec).toEqual(fresh.spec);
  expect(original(ours).spec).toEqual(theirs);
});

test("what was handed over is found again, rendered the same, and goes back as it was", () => {
  const users = parse(virtualService("cart", theirs)) as KubernetesObject;
  const ours = named(adopted(), "VirtualService", "cart");
  expect(isAdopted(ours)).toBe(true);
  expect(original(ours)).toEqual(users);
  expect(handedOver([ours])).toEqual(["shop/cart"]);
  const again = rendered([...base, stringify(ours)], {options: {adopt: handedOver([ours])}});
  expect(named(again, "VirtualService", "cart")).toEqual(ours);
  expect(steps([], [ours])).toMatchObject([{waitAfter: false, writes: [{put: users}]}]);
});

/** Of the owner: for a lane that he made by himself. */
const vip = {
  name: "vip",
  match: [{headers: {"x-swimlane": {exact: "vip"}}}],
  timeout: "9s",
  route: [{destination: {host: "cart", subset: "meshlane-gold"}}],
};
/** Of the owner too, by chance in our form. */
const likeOurs = {
  name: "cart--vip",
  match: [{headers: {"x-swimlane": {exact: "vip"}}}],
  route: [{destination: {host: "cart--vip.shop.svc.cluster.local"}}],
};

test("handed over: a route that matches the context itself stays where and as it is, and comes back", () => {
  const rest = {route: [{destination: {host: "cart", subset: "meshlane-gold"}}]};
  const spec = {hosts: ["cart"], http: [vip, likeOurs, rest]};
  const ours = named(adopted(spec), "VirtualService", "cart");
  const lanes = {name: "meshlane-cart--ann", match: [{headers: {"x-swimlane": {exact: "ann"}}}]};
  expect(ours.spec["http"]).toEqual([vip, likeOurs, expect.objectContaining(lanes), rest]);
  expect(original(ours).spec).toEqual(spec);
});

test("handed over: of a route with several matches, those that name a lane have no variant", () => {
  const slow = {uri: {prefix: "/slow"}};
  const route = {match: [...vip.match, slow], route: [own]};
  const [variant, ...more] = named(adopted({hosts: ["cart"], http: [route]}), "VirtualService", "cart").spec[
    "http"
  ] as object[];
  expect(variant).toMatchObject({match: [{...slow, headers: {"x-swimlane": {exact: "ann"}}}]});
  expect(more).toEqual([route]);
});

test("an owner's route stays his when a lane of that name comes later", () => {
  const spec = {hosts: ["cart"], http: [likeOurs, {route: [own]}]};
  const first = named(adopted(spec), "VirtualService", "cart");
  const texts = [...base, lane("vip"), service("cart--vip"), stringify(first)];
  const later = rendered(texts, {options: {adopt: ["shop/cart"], handed: [first]}});
  expect(original(named(later, "VirtualService", "cart")).spec).toEqual(spec);
});

test("delegates and a second VirtualService of the host cannot be handed over", () => {
  const delegates = {hosts: ["cart"], http: [{delegate: {name: "x"}}]};
  expect(adopted(delegates).notices.map(({reason}) => reason)).toEqual(["CannotAdopt"]);
  const two = adopted(theirs, [...base, virtualService("older", theirs)]);
  expect(two.notices.map(({reason}) => reason)).toEqual(["CannotAdopt"]);
  expect(namesOf(two, PARTS)).toEqual([]);
});

test("a VirtualService without an http route to the service cannot be handed over: lanes would have no route", () => {
  const elsewhere = {hosts: ["cart"], http: [{match: [{uri: {prefix: "/old"}}], redirect: {uri: "/new"}}]};
  const refused = adopted(elsewhere);
  expect(refused.notices).toMatchObject([
    {reason: "CannotAdopt", message: "has no http route that goes to service shop/cart; its lanes stay as they are"},
  ]);
  expect(namesOf(refused, PARTS)).toEqual([]);
  expect(adopted({...elsewhere, http: [...elsewhere.http, {route: [own]}]}).notices).toEqual([]);
});

test("nor one whose only route to the service matches the context itself", () => {
  const {notices} = adopted({
    hosts: ["cart"],
    http: [{match: [{headers: {"x-swimlane": {exact: "vip"}}}], route: [own]}],
  });
  expect(notices.map(({reason}) => reason)).toEqual(["CannotAdopt"]);
});

test("nor one beside an HTTPRoute of the service, which has effect instead of it", () => {
  const parent = {
    parentRefs: [{group: "", kind: "Service", name: "cart"}],
    rules: [{backendRefs: [{name: "cart", port: 80}]}],
  };
  const route = object("gateway.networking.k8s.io/v1", "HTTPRoute", "mine", parent);
  const {notices} = adopted(theirs, [...base, route]);
  expect(notices).toMatchObject([
    {reason: "CannotAdopt", message: expect.stringMatching(/^has no effect beside HTTPRoute shop\/mine;/) as string},
  ]);
});

test("nor one with a route that goes to two services which lanes override: a variant can go to one of them only", () => {
  const http = [
    {
      route: [
        {...own, weight: 90},
        {destination: {host: "payment"}, weight: 10},
      ],
    },
  ];
  const pay = [lane("pay", {services: [{name: "payment", to: "payment--pay"}]}), service("payment--pay")];
  const refused = adopted({hosts: ["cart", "payment"], http}, [...base, ...pay]);
  expect(refused.notices.map(({reason}) => reason)).toContain("CannotAdopt");
  expect(namesOf(refused, PARTS).filter((name) => name.startsWith("VirtualService"))).toEqual([]);
  expect(adopted({hosts: ["cart", "payment"], http}).notices).toEqual([]);
});

test("render --routes prints the owner's own routes for lanes too", () => {
  const spec = {hosts: ["cart"], http: [vip, {route: [own]}]};
  const {mesh, others} = loadMesh(
    [{name: "a", text: [...base, virtualService("mine", spec)].join("---\n")}],
    undefined,
    true,
  );
  const facts = clusterFacts(others);
  const http = routesToPaste("shop/cart", compileMesh(mesh, facts, {}), mesh, facts);
  expect(http?.map(({name}) => name)).toEqual(["vip", "meshlane-cart--ann", undefined]);
});

function toPaste(texts: readonly string[], of = "shop/cart") {
  const {mesh, others} = loadMesh([{name: "a", text: texts.join("---\n")}], undefined, true);
  const facts = clusterFacts(others);
  return routesToPaste(of, compileMesh(mesh, facts, {}), mesh, facts);
}

test("what render --routes prints, once pasted, is all that is needed; when lanes change it is reported again", () => {
  const http = toPaste([...base, virtualService("mine", theirs)]);
  const pasted = virtualService("mine", {...theirs, http});
  const after = rendered([...base, pasted]);
  expect([after.notices, namesOf(after, PARTS)]).toEqual([[], []]);
  const more = rendered([...base, service("cart--bob"), lane("bob"), pasted]);
  expect(more.notices.map(({reason}) => reason)).toEqual(["HostHasVirtualService"]);
});

test.each([
  ["its last lane is gone", [group(), ...shop], {}],
  ["the group is gone", shop, {}],
  ["another lane is routed natively", [group(), lane("bob"), service("cart--bob"), ...shop], {nativeSupported: true}],
])("what was pasted is reported when %s: whoever names the lane gets there", (_when, texts, options) => {
  const spec = {hosts: ["cart"], http: [{name: "all", route: [own]}]};
  const http = toPaste([...base, virtualService("mine", spec)]);
  const {notices} = rendered([...texts, virtualService("mine", {...spec, http})], {options});
  expect(notices).toMatchObject([
    {
      severity: "warning",
      subject: "VirtualService shop/mine (yours)",
      reason: "PastedInVain",
      message: "still has routes of lanes that nothing here asks for: meshlane-all-cart--ann",
    },
  ]);
  expect(rendered([...texts, virtualService("mine", spec)], {options}).notices).toEqual([]);
});

test("what render gave, and a delegate, is not reported as pasted in vain", () => {
  const spec = {hosts: ["cart"], http: [{name: "all", route: [own]}]};
  const pasted = {...spec, http: toPaste([...base, virtualService("mine", spec)])};
  const given = asRendered(parse(virtualService("mine", pasted)) as KubernetesObject);
  for (const text of [stringify(given), virtualService("part", {http: pasted.http})]) {
    expect(rendered([group(), ...shop, text]).notices).toEqual([]);
  }
});

test("a route's name that is no text is nobody's pasted route", () => {
  const http = [{name: 7, match: [{headers: {"x-swimlane": {exact: "vip"}}}], route: [own]}];
  expect(rendered([group(), ...shop, virtualService("mine", {hosts: ["cart"], http})]).notices).toEqual([]);
});

test("of two services in one VirtualService the routes of both are printed, and once pasted both are content", () => {
  const both = {
    hosts: ["cart", "payment"],
    http: [{match: [{port: 80}], route: [own]}, {route: [{destination: {host: "payment"}}]}],
  };
  const lanes = [
    lane("ann", {
      services: [
        {name: "cart", to: "cart--ann"},
        {name: "payment", to: "payment--ann"},
      ],
    }),
  ];
  const texts = [group(), ...lanes, ...shop, service("payment--ann")];
  const http = toPaste([...texts, virtualService("mine", both)]);
  expect(http?.map(({name}) => name)).toEqual(["meshlane-cart--ann", undefined, "meshlane-payment--ann", undefined]);
  const pasted = virtualService("mine", {...both, http});
  expect(toPaste([...texts, pasted], "shop/payment")).toEqual(http);
  const after = rendered([...texts, pasted]);
  expect([after.notices, namesOf(after, PARTS)]).toEqual([[], []]);
});

const ports = {
  ports: [
    {name: "http", port: 80},
    {name: "http-admin", port: 8081},
  ],
};
const byLabels = (routing: string, ...versions: string[]) => [
  group({routing, baseline: {labels: {version: "v1"}}}),
  service("payment"),
  deployment("cart", "v1"),
  ...versions.flatMap((version) => [
    lane(`with-${version}`, {services: [{name: "cart", labels: {version}}]}),
    deployment("cart", version),
  ]),
];
/** A VirtualService that has what was printed when there was none, and nothing else. */
const onlyPasted = (texts: readonly string[]) => virtualService("mine", {hosts: ["cart"], http: toPaste(texts)});
const subsetsOf = (rendering: ReturnType<typeof rendered>) => {
  const {subsets} = named(rendering, "DestinationRule", "meshlane-cart").spec as {subsets: {name: string}[]};
  return subsets.map(({name}) => name.replace(/-[0-9a-f]{8}$/, ""));
};

test.each([
  ["routes", service("cart"), {}],
  ["auto", service("cart"), {nativeSupported: true}],
  ["native", service("cart"), {}],
  ["routes", service("cart", ports), {}],
])("pasted where nobody had a VirtualService, it is all that is needed: routing %s", (routing, cart, options) => {
  const texts = [...byLabels(routing, "v2"), cart];
  const mine = onlyPasted(texts);
  const after = rendered([...texts, mine], {options});
  expect([after.notices, namesOf(after, PARTS)]).toEqual([[], ["DestinationRule shop/meshlane-cart"]]);
  expect(subsetsOf(after)).toEqual(["meshlane-v1", "meshlane-v2"]);
  expect(JSON.stringify(toPaste([...texts, mine]))).toBe(JSON.stringify(toPaste(texts)));
});

test("pasted where nobody had a VirtualService, routes to lanes' own Services are recognised too", () => {
  const after = rendered([...base, onlyPasted(base)]);
  expect([after.notices, namesOf(after, PARTS)]).toEqual([[], []]);
});

test.each([
  ["added", ["v2"], ["v2", "v3"]],
  ["removed", ["v2", "v3"], ["v3"]],
])("when a lane was %s, what is to be pasted anew is said and is enough", (_what, before, after) => {
  const [was, is] = [before, after].map((versions) => [...byLabels("routes", ...versions), service("cart")] as const);
  const stale = rendered([...is!, onlyPasted(was!)]);
  expect(stale.notices.map(({reason}) => reason)).toEqual(["HostHasVirtualService"]);
  expect(stale.notices[0]!.hint).toContain("paste: meshlane render --routes cart");
  expect(stale.kept).toContain("destinations shop/cart");
  const anew = virtualService("mine", {hosts: ["cart"], http: toPaste([...is!, onlyPasted(was!)])});
  expect(rendered([...is!, anew]).notices).toEqual([]);
  expect(anew).toBe(onlyPasted(is!));
});

test.each(["routes", "native"])(
  "pasted routes that are stale find the subsets that lanes give: routing %s",
  (routing) => {
    const texts = [...byLabels(routing, "v2", "v3"), service("cart")];
    const stale = rendered([...texts, onlyPasted([...byLabels(routing, "v2"), service("cart")])]);
    expect(subsetsOf(stale)).toEqual(["meshlane-v1", "meshlane-v2", "meshlane-v3"]);
  },
);

test("the baseline's subset alone, as printed when no lane is left beside its pods, is all that is needed", () => {
  const texts = [...byLabels("routes"), service("cart"), deployment("cart", "v2")];
  const mine = onlyPasted(texts);
  expect(mine).toContain("subset: meshlane-v1-");
  const after = rendered([...texts, mine]);
  expect([after.notices, subsetsOf(after)]).toEqual([[], ["meshlane-v1"]]);
  const without = virtualService("mine", {hosts: ["cart"], http: [{route: [own]}]});
  expect(rendered([...texts, without]).notices.map(({reason}) => reason)).toEqual(["HostHasVirtualService"]);
});

test("a service without lanes, whose owner's routes all name subsets of his, needs nothing from him", () => {
  const texts = [...byLabels("routes"), service("cart"), deployment("cart", "v2")];
  const gold = virtualService("mine", {
    hosts: ["cart"],
    http: [{route: [{destination: {host: "cart", subset: "gold"}}]}],
  });
  expect(rendered([...texts, gold]).notices).toEqual([]);
  const waiting = [lane("ann"), service("cart--ann"), gold];
  expect(rendered([...texts, ...waiting]).notices.map(({reason}) => reason)).toEqual(["HostHasVirtualService"]);
});

test("a subset that the baseline had before its labels changed does not stay in what is to be pasted", () => {
  const other = [
    group({routing: "routes", baseline: {labels: {version: "v9"}}}),
    deployment("cart", "v9"),
    ...byLabels("routes", "v2").slice(1),
    service("cart"),
  ];
  const stale = onlyPasted([...byLabels("routes", "v2"), service("cart")]);
  expect(rendered([...other, stale]).notices.map(({reason}) => reason)).toContain("HostHasVirtualService");
  expect(toPaste([...other, stale])).toEqual(toPaste(other));
});

test("what was pasted for one of two hosts is handed over with the VirtualService for the other", () => {
  const payment = lane("next", {services: [{name: "payment", to: "cart--next"}]});
  const texts = [...base, payment, service("cart--next")];
  const http = ["cart", "payment"].map((host) => ({
    match: [{authority: {prefix: host}}],
    route: [{destination: {host}}],
  }));
  const spec = {hosts: ["cart", "payment"], http};
  const both = {adopt: ["shop/cart", "shop/payment"]};
  const wanted = named(rendered([...texts, virtualService("mine", spec)], {options: both}), "VirtualService", "mine");
  const pasted = virtualService("mine", wanted.spec);
  expect(rendered([...texts, pasted]).notices).toEqual([]);
  const {notices, objects} = rendered([...texts, pasted], {options: {adopt: ["shop/cart"]}});
  expect([notices, objects.filter(({kind}) => kind === "VirtualService")]).toEqual([[], [wanted]]);
});
