/** Copies of requests that leave the mesh with the context are reported, whatever routes the lanes. */
import {expect, test} from "vitest";
import type {IstioOptions} from "../../../../manager/render/istio/options.ts";
import {rendered} from "./rendered.ts";
import {group, lane, object, service, virtualService} from "./shop-texts.ts";

const shop = [service("cart"), service("payment"), service("cart--ann"), service("audit")];
const entry = object("networking.istio.io/v1", "ServiceEntry", "legacy", {
  hosts: ["legacy.example.com"],
  location: "MESH_INTERNAL",
});
const gateway = object("networking.istio.io/v1", "Gateway", "public", {selector: {istio: "ingress"}}, "ingress");
const OUTSIDE = "audit.example.com";

function reported(text: string, options: Partial<IstioOptions> = {nativeSupported: true}, routing = "auto"): string[] {
  const texts = [group({routing, entry: {gateways: ["ingress/public"]}}), lane("ann"), ...shop, entry, gateway, text];
  const {notices} = rendered(texts, {options});
  const leaving = notices.filter(({reason}) => reason === "MirrorLeavesMesh");
  return leaving.map(({severity, subject, message}) => `${severity} ${subject} ${message}`);
}

const mirroring = (mirrors: object, more: object = {}, namespace = "shop") =>
  virtualService(
    "mine",
    {hosts: ["cart"], http: [{...mirrors, route: [{destination: {host: "cart"}}]}], ...more},
    namespace,
  );
const toOutside = {mirror: {host: OUTSIDE}};

test.each<[string, Partial<IstioOptions>, string]>([
  ["natively", {nativeSupported: true}, "native"],
  ["handed over", {adopt: ["shop/cart"]}, "routes"],
  ["that stands in the way", {}, "routes"],
])("a VirtualService %s that mirrors to a host outside is reported", (_how, options, routing) => {
  expect(reported(mirroring(toOutside), options, routing)).toEqual([
    `warning VirtualService shop/mine (yours) sends copies of requests to ${OUTSIDE}, outside the mesh: the copies carry x-swimlane and baggage there`,
  ]);
});

test.each<[string, string, number]>([
  ["to one of several", mirroring({mirrors: ["audit", OUTSIDE].map((host) => ({destination: {host}}))}), 1],
  ["to a Service", mirroring({mirror: {host: "audit"}}), 0],
  ["to a host of the mesh", mirroring({mirror: {host: "legacy.example.com"}}), 0],
  ["for a service that no lane overrides", mirroring(toOutside, {hosts: ["payment"]}), 1],
  ["for services elsewhere", mirroring(toOutside, {hosts: ["cart"]}, "other"), 0],
  [
    "on a gateway of the group",
    mirroring(toOutside, {hosts: ["shop.example.com"], gateways: ["ingress/public"]}, "routes"),
    1,
  ],
  ["on another gateway", mirroring(toOutside, {hosts: ["shop.example.com"], gateways: ["ingress/private"]}), 0],
])("a VirtualService that mirrors %s", (_what, text, count) => {
  expect(reported(text)).toHaveLength(count);
});

test.each<[string, object, object, number]>([
  ["a host outside", {group: "networking.istio.io", kind: "Hostname", name: OUTSIDE}, {}, 1],
  ["a Service", {name: "audit"}, {}, 0],
  ["a host outside, for another Service", {kind: "Hostname", name: OUTSIDE}, {namespace: "other"}, 0],
])("an HTTPRoute that mirrors to %s", (_what, backendRef, parent, count) => {
  const route = object("gateway.networking.k8s.io/v1", "HTTPRoute", "mine", {
    parentRefs: [{group: "", kind: "Service", name: "cart", ...parent}],
    rules: [{filters: [{type: "RequestMirror", requestMirror: {backendRef}}], backendRefs: [{name: "cart", port: 80}]}],
  });
  expect(reported(route)).toHaveLength(count);
});
