import {expect, test} from "vitest";
import type {ClusterState} from "../../../manager/controller/cluster-state.ts";
import {desired} from "../../../manager/controller/desired.ts";
import type {Settings} from "../../../manager/controller/settings.ts";
import {isWritten, ORIGINAL, original, WRITTEN} from "../../../manager/model/adopted.ts";
import {isOurs, type KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {handedOver} from "../../../manager/render/istio/adopt.ts";
import {steps} from "../../../manager/render/istio/steps.ts";

const settings: Settings = {
  mesh: {traceIds: [], plainText: false},
  registry: "registry.example.com/mesh",
  version: "0.2.0",
  digests: {inbound: "", outbound: "", edge: "", "edge-response": ""},
  extensionApi: "WasmPlugin",
  nativeSupported: true,
  nativeDecided: false,
  plainHttp: false,
};
const metadata = (name: string) => ({name, namespace: "shop"});
const service = (name: string): KubernetesObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: metadata(name),
  spec: {selector: {app: name}, ports: [{name: "http", port: 80}]},
});
const users: KubernetesObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: metadata("cart"),
  spec: {hosts: ["cart"], http: [{route: [{destination: {host: "cart"}}]}]},
};
const ours = "meshlane.dev/v1alpha1";
const group = {apiVersion: ours, kind: "SwimLaneGroup", metadata: metadata("shop"), spec: {routing: "routes"}};
const lane = (name: string): KubernetesObject => ({
  apiVersion: ours,
  kind: "SwimLane",
  metadata: metadata(name),
  spec: {services: [{name: "cart", to: `cart--${name}`}]},
});

function state(virtualService: KubernetesObject, ...lanes: string[]): ClusterState {
  const namespace = {apiVersion: "v1", kind: "Namespace", metadata: {name: "shop"}};
  const objects = [namespace, service("cart"), ...lanes.map((name) => service(`cart--${name}`)), virtualService];
  return {objects, live: objects.filter(isWritten), groups: [group], lanes: lanes.map(lane)};
}

function cartOf({objects}: {objects: readonly KubernetesObject[]}): KubernetesObject | undefined {
  return objects.find(({kind, metadata: {name}}) => kind === "VirtualService" && name === "cart");
}

test("a VirtualService that was handed over once stays so for every apply after it, whoever applies", () => {
  const {rendering: first} = desired(state(users, "ann"), settings, ["shop/cart"]);
  const adopted = cartOf(first);
  expect(adopted).toBeDefined();
  const {rendering: later} = desired(state(adopted!, "ann", "bob"), settings, []);
  expect(JSON.stringify(cartOf(later)?.spec)).toContain("cart--bob");
  expect(later.notices).toEqual([]);
});

test("an edit of what was handed over is neither undone nor taken over silently; --adopt again takes it over", () => {
  const adopted = cartOf(desired(state(users, "ann"), settings, ["shop/cart"]).rendering)!;
  const spec = adopted.spec as {http: object[]};
  const mine = spec.http.map((route, index) => (index < spec.http.length - 1 ? route : {...route, timeout: "3s"}));
  const edited = {...adopted, spec: {...spec, http: mine}};
  const later = state(edited, "ann", "bob");
  const {rendering} = desired(later, settings, []);
  expect(rendering.notices.map(({reason}) => reason)).toEqual(["HandedOverEdited"]);
  const writes = steps(rendering.objects, later.live, rendering.kept).flatMap((stage) => stage.writes);
  expect(writes.filter((one) => ("put" in one ? one.put : one.delete).kind === "VirtualService")).toEqual([]);

  const {rendering: again} = desired(later, settings, ["shop/cart"]);
  expect(again.notices).toEqual([]);
  const routes = (cartOf(again)!.spec as {http: {timeout?: string}[]}).http;
  expect(routes.map(({timeout}) => timeout)).toEqual(["3s", "3s", "3s"]);
  expect(desired(state(cartOf(again)!, "ann"), settings, []).rendering.notices).toEqual([]);
});

test("what is given back has its owner's later edit, and nothing of ours", () => {
  const adopted = cartOf(desired(state(users, "ann"), settings, ["shop/cart"]).rendering)!;
  const spec = adopted.spec as {http: object[]};
  const edited = {...adopted, spec: {...spec, http: [...spec.http, {redirect: {uri: "/"}}]}};
  const [{put}] = steps([], [edited])[0]!.writes as [{put: KubernetesObject}];
  expect(put).toEqual({
    ...users,
    spec: {hosts: ["cart"], http: [{route: [{destination: {host: "cart"}}]}, {redirect: {uri: "/"}}]},
  });
});

test("what is given back has its owner's own managed-by, after applies of any number", () => {
  const labels = {"app.kubernetes.io/managed-by": "Helm", team: "cart"};
  const helms = {...users, metadata: {...users.metadata, labels}};
  const givenBack = (object: KubernetesObject) => steps([], [object]).flatMap(({writes}) => writes);
  const adopted = cartOf(desired(state(helms, "ann"), settings, ["shop/cart"]).rendering)!;
  expect(isOurs(adopted)).toBe(true);
  expect(givenBack(adopted)).toEqual([{put: helms}]);
  const later = cartOf(desired(state(adopted, "ann", "bob"), settings, []).rendering)!;
  const again = cartOf(desired(state(later, "ann"), settings, ["shop/cart"]).rendering)!;
  expect(givenBack(again)).toEqual([{put: helms}]);
});

test("the order of fields in which the API server answers is no edit", () => {
  const adopted = cartOf(desired(state(users, "ann"), settings, ["shop/cart"]).rendering)!;
  const turned = Object.fromEntries(Object.entries(adopted.spec as object).toReversed());
  expect(desired(state({...adopted, spec: turned}, "ann"), settings, []).rendering.notices).toEqual([]);
});

test("handed over by a host that is a wildcard stays so for every apply after it", () => {
  const wide = {...users, spec: {...(users.spec as object), hosts: ["*.shop.svc.cluster.local"]}};
  const adopted = cartOf(desired(state(wide, "ann"), settings, ["shop/cart"]).rendering)!;
  const {rendering: later} = desired(state(adopted, "ann", "bob"), settings, []);
  expect(later.notices).toEqual([]);
  expect(JSON.stringify(cartOf(later)?.spec)).toContain("cart--bob");
});

test("of two hosts in one VirtualService, only the one that was handed over is so afterwards", () => {
  const http = ["payment", "cart"].map((host) => ({
    match: [{authority: {prefix: host}}],
    route: [{destination: {host}}],
  }));
  const both = {...users, spec: {hosts: ["cart", "payment"], http}};
  const withPayment = (virtualService: KubernetesObject): ClusterState => {
    const plain = state(virtualService, "ann");
    const services = ["cart", "payment"].map((name) => ({name, to: `${name}--ann`}));
    const objects = [...plain.objects, service("payment"), service("payment--ann")];
    return {...plain, objects, lanes: [{...lane("ann"), spec: {services}}]};
  };
  const {rendering: first} = desired(withPayment(both), settings, ["shop/cart"]);
  expect(first.notices.map(({reason}) => reason)).toEqual(["HostHasVirtualService"]);
  const adopted = cartOf(first)!;
  const {rendering: later} = desired(withPayment(adopted), settings, []);
  expect(later.notices).toEqual(first.notices);
  expect(cartOf(later)).toEqual(adopted);
});

/** A VirtualService of cart and payment, each with a lane; only these lanes are there. */
function twoHosts(virtualService: KubernetesObject, lanes: readonly ("cart" | "payment")[]): ClusterState {
  const plain = state(virtualService);
  const more = [service("cart--ann"), service("payment"), service("payment--bob")];
  const [ann, bob] = [lane("ann"), {...lane("bob"), spec: {services: [{name: "payment", to: "payment--bob"}]}}];
  return {
    ...plain,
    objects: [...plain.objects, ...more],
    lanes: lanes.map((name) => (name === "cart" ? ann : bob)),
  };
}
const twoHosted = {
  ...users,
  spec: {hosts: ["cart", "payment"], http: ["cart", "payment"].map((host) => ({route: [{destination: {host}}]}))},
};
const bothAdopted = ["shop/cart", "shop/payment"];

test("a service stays handed over while another of the same VirtualService is, though its last lane goes", () => {
  const first = cartOf(desired(twoHosts(twoHosted, ["cart", "payment"]), settings, bothAdopted).rendering)!;
  const without = cartOf(desired(twoHosts(first, ["cart"]), settings, []).rendering)!;
  expect(JSON.stringify(without.spec)).not.toContain("payment--bob");
  const {rendering} = desired(twoHosts(without, ["cart", "payment"]), settings, []);
  expect(rendering.notices).toEqual([]);
  expect(cartOf(rendering)?.spec).toEqual(first.spec);
});

test("a service whose host the owner has taken out of the VirtualService is no longer handed over with it", () => {
  const first = cartOf(desired(twoHosts(twoHosted, ["cart", "payment"]), settings, bothAdopted).rendering)!;
  const edited = {...first, spec: {...(first.spec as object), hosts: ["cart"]}};
  const again = cartOf(desired(twoHosts(edited, ["cart"]), settings, ["shop/cart"]).rendering)!;
  expect(handedOver([again])).toEqual(["shop/cart"]);
});

test("--adopt of one service takes over an edit of the VirtualService for all that were handed over in it", () => {
  const first = cartOf(desired(twoHosts(twoHosted, ["cart", "payment"]), settings, bothAdopted).rendering)!;
  const edited = {...first, spec: {...(first.spec as object), exportTo: ["."]}};
  const {rendering} = desired(twoHosts(edited, ["cart", "payment"]), settings, ["shop/cart"]);
  expect(rendering.notices).toEqual([]);
  expect(cartOf(rendering)?.spec).toEqual(edited.spec);
});

test("a copy of what was handed over, changed into something else, is in the way of no lane", () => {
  const adopted = cartOf(desired(state(users, "ann"), settings, ["shop/cart"]).rendering)!;
  const copy = {...adopted, metadata: {...adopted.metadata, name: "copy"}, spec: {hosts: ["other"]}};
  const before = state(adopted, "ann", "bob");
  const after = {...before, objects: [...before.objects, copy], live: [...before.live, copy]};
  const {rendering} = desired(after, settings, []);
  expect(rendering.notices).toEqual([]);
  expect(JSON.stringify(cartOf(rendering)?.spec)).toContain("cart--bob");
});

test("a copy of what was handed over, elsewhere, hands no VirtualService over that its owner did not", () => {
  const adopted = cartOf(desired(state(users, "ann"), settings, ["shop/cart"]).rendering)!;
  const copy = {...adopted, metadata: {...adopted.metadata, namespace: "backup"}};
  const before = state({...users, metadata: metadata("mine")}, "ann");
  const after = {...before, objects: [...before.objects, copy], live: [...before.live, copy]};
  const {rendering} = desired(after, {...settings, nativeSupported: false}, []);
  expect(rendering.notices).toMatchObject([{subject: "VirtualService shop/mine (yours)"}]);
  expect(rendering.objects.map(({metadata: {name}}) => name)).not.toContain("mine");
});

test("where the owner has moved a host into another VirtualService, that one is not handed over with it", () => {
  const adopted = cartOf(desired(state(users, "ann"), settings, ["shop/cart"]).rendering)!;
  const moved = {...adopted, spec: {...(adopted.spec as object), hosts: ["other"]}};
  const other = {...users, metadata: metadata("moved")};
  const before = state(moved, "ann");
  const objects = [...before.objects, other];
  const {rendering} = desired({...before, objects}, {...settings, nativeSupported: false}, []);
  expect(rendering.notices).toMatchObject([
    {reason: "HostHasVirtualService", subject: "VirtualService shop/moved (yours)"},
  ]);
  expect(rendering.objects.map(({metadata: {name}}) => name)).not.toContain("moved");
});

const helm = {"app.kubernetes.io/managed-by": "Helm"};

/** What was handed over, when its owner has applied his own file again: annotations and other labels stay. */
function reapplied(label: Readonly<Record<string, string>>, spec: object): KubernetesObject {
  const {metadata, ...rest} = cartOf(desired(state(users, "ann"), settings, ["shop/cart"]).rendering)!;
  const {"app.kubernetes.io/managed-by": _, ...labels} = metadata.labels!;
  return {...rest, metadata: {...metadata, labels: {...labels, ...label}}, spec};
}

test.each([
  ["his own", helm],
  ["no", {}],
])(
  "what its owner has applied again under %s managed-by is an edit of his, and given back as he has it now",
  (_name, label) => {
    const spec = {hosts: ["cart"], http: [{timeout: "3s", route: [{destination: {host: "cart"}}]}]};
    const live = reapplied(label, spec);
    const {rendering} = desired(state(live, "ann"), settings, []);
    expect(rendering.notices.map(({reason}) => reason)).toEqual(["HandedOverEdited"]);
    expect(cartOf(rendering)).toBeUndefined();
    const labels = Object.keys(label).length === 0 ? {} : {labels: label};
    expect(steps([], [live]).flatMap(({writes}) => writes)).toEqual([
      {put: {...users, metadata: {...users.metadata, ...labels}, spec}},
    ]);
    const again = cartOf(desired(state(live, "ann"), settings, ["shop/cart"]).rendering)!;
    expect(JSON.stringify(again.spec)).toContain("cart--ann");
    expect(original(again)).toEqual({...users, metadata: {...users.metadata, ...labels}, spec});
  },
);

test("what its owner has applied again is his as it is, with routes in our form and without a hash of ours", () => {
  const http = (cartOf(desired(state(users, "ann"), settings, ["shop/cart"]).rendering)!.spec as {http: object[]}).http;
  const spec = {hosts: ["cart"], http: [...http, {redirect: {uri: "/"}}]};
  const live = reapplied(helm, spec);
  const {[WRITTEN]: _, ...annotations} = live.metadata.annotations!;
  expect(original(live).spec).toEqual(spec);
  expect(original({...live, metadata: {...live.metadata, annotations}}).spec).toEqual(spec);
});

test("where its owner has changed nothing but the label, what is given back has no lanes either", () => {
  const ours = cartOf(desired(state(users, "ann"), settings, ["shop/cart"]).rendering)!;
  const live = reapplied(helm, ours.spec as object);
  expect(desired(state(live, "ann"), settings, []).rendering.notices.map(({reason}) => reason)).toEqual([
    "HandedOverEdited",
  ]);
  expect(original(live)).toEqual({...users, metadata: {...users.metadata, labels: helm}});
});

test.each(["{", "null", "5", "", '{"http":{}}', '{"hosts":5}', '{"http":[null]}', '{"hosts":["pay"]}'])(
  "where what is kept of before is not what we kept (%j), what stands there counts as an edit",
  (kept) => {
    const {metadata, ...rest} = cartOf(desired(state(users, "ann"), settings, ["shop/cart"]).rendering)!;
    const live = {...rest, metadata: {...metadata, annotations: {...metadata.annotations, [ORIGINAL]: kept}}};
    const {rendering} = desired(state(live, "ann"), settings, []);
    expect(rendering.notices).toMatchObject([
      {reason: "HandedOverEdited", subject: "VirtualService shop/cart (yours)"},
    ]);
    expect(original(live)).toEqual(users);
  },
);

test.each([
  [
    "a host's name, of ours the older",
    ["cart"],
    "2026-02-02T00:00:00Z",
    "but no effect there: ours, shop/meshlane-cart, is older",
  ],
  [
    "a wildcard, of any age",
    ["*.shop.svc.cluster.local"],
    "2026-01-01T00:00:00Z",
    "but no effect there: ours, shop/meshlane-cart, names it",
  ],
  [
    "a host's name, of theirs the older",
    ["cart"],
    "2026-01-01T00:00:00Z",
    "and is older than ours, shop/meshlane-cart, which has no effect",
  ],
])(
  "whose VirtualService has an effect is said where somebody wants a host that has ours already: %s",
  (_name, hosts, since, wanted) => {
    const born = (object: KubernetesObject, creationTimestamp: string) => ({
      ...object,
      metadata: {...object.metadata, creationTimestamp},
    });
    const nobody = {...users, metadata: {...metadata("other")}, spec: {hosts: ["other"]}};
    const {rendering: before} = desired(state(nobody, "ann"), {...settings, nativeSupported: false}, []);
    const ours = before.objects
      .filter(({kind}) => kind === "VirtualService")
      .map((object) => born(object, "2026-01-15T00:00:00Z"));
    expect(ours).toHaveLength(1);
    const theirs = state(born({...users, spec: {...(users.spec as object), hosts}}, since), "ann");
    const {rendering} = desired({...theirs, objects: [...theirs.objects, ...ours], live: ours}, settings, []);
    expect(rendering.notices.map(({message}) => message)).toEqual([
      `has this host, ${wanted}; its lanes stay as they are`,
    ]);
    expect(
      steps(rendering.objects, ours, rendering.kept)
        .flatMap(({writes}) => writes)
        .filter((write) => "delete" in write),
    ).toEqual([]);
  },
);
