import {expect, test} from "vitest";
import {readPlugins, readRequests, readServer} from "../../../../manager/controller/check/proxies.ts";

test("Envoy's version and extensions", () => {
  const node = {extensions: [{name: "envoy.clusters.aggregate", category: "envoy.clusters"}]};
  const {envoy, extensions} = readServer(JSON.stringify({version: "9e55/1.40.0/Clean/RELEASE/BoringSSL", node}));
  expect(envoy).toBe("1.40.0");
  expect([...extensions]).toEqual(["envoy.clusters.aggregate"]);
});

test("plugins by their resource, of both APIs; what the agent put in the place of one does not run", () => {
  const filter = (name: string, type: string) => ({
    ecds_filter: {name, typed_config: {"@type": `type.googleapis.com/envoy.extensions.filters.http.${type}`}},
  });
  const configs = [
    filter("extensions.istio.io/wasmplugin/shop.meshlane-inbound", "wasm.v3.Wasm"),
    filter("extensions.istio.io/trafficextension/shop.meshlane-outbound~istio-translated-wasmplugin", "rbac.v3.RBAC"),
    filter("somebody.else", "wasm.v3.Wasm"),
  ];
  expect(readPlugins(JSON.stringify({configs}))).toEqual([
    {name: "shop/meshlane-inbound", runs: true},
    {name: "shop/meshlane-outbound", runs: false},
  ]);
  expect(readPlugins("{}")).toEqual([]);
});

test("whom a proxy has called, whatever port, subset and address", () => {
  const text = [
    "outbound|80||cart.shop.svc.cluster.local::10.0.0.1:8080::rq_total::3",
    "outbound|81|v2|cart.shop.svc.cluster.local::[fd00::1]:8080::rq_total::4",
    "outbound|80||idle.shop.svc.cluster.local::10.0.0.2:8080::rq_total::0",
    "outbound|80||cart.shop.svc.cluster.local::10.0.0.1:8080::cx_total::9",
    "inbound|8080||::10.0.0.3:8080::rq_total::5",
  ].join("\n");
  expect([...readRequests(text)]).toEqual([["cart.shop.svc.cluster.local", 7]]);
});
