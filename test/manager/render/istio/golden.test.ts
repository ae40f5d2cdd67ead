/** What lanes become under Istio, to be read in review. `npx vitest run test/manager/render/istio -u` writes it anew. */
import {join} from "node:path";
import {format, resolveConfig} from "prettier";
import {expect, test} from "vitest";
import {stringify} from "yaml";
import {clusterText, type Given, rendered, shopText} from "./rendered.ts";

const everyWayIn = `
apiVersion: meshlane.dev/v1alpha1
kind: SwimLaneGroup
metadata: {name: shop, namespace: shop}
spec:
  services: [frontend, cart]
  through: [legacy]
  entry:
    gateways: [shop/public]
    services: [frontend]
    hosts: [shop.example.com]
    lane: [{header: x-swimlane, from: [10.0.0.0/8]}]
---
apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: ann, namespace: shop}
spec: {weight: 5, services: [{name: cart, to: cart--ann}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: shop}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: v1
kind: Service
metadata: {name: frontend, namespace: shop}
spec: {selector: {app: frontend}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart--ann, namespace: shop}
spec: {selector: {app: cart--ann}, ports: [{name: http, port: 80}]}
`;

test.each<[string, string[], Given]>([
  ["shop", [shopText, clusterText], {}],
  ["shop-native", [shopText, clusterText], {options: {nativeSupported: true}}],
  ["every-way-in", [everyWayIn], {options: {extensionApi: "TrafficExtension"}}],
])("%s", async (name, texts, given) => {
  const {objects, notices} = rendered(texts, given);
  const path = join(import.meta.dirname, "golden", `${name}.yaml`);
  const all = [...objects, ...(notices.length === 0 ? [] : [{notices}])];
  const text = all.map((object) => stringify(object, {aliasDuplicateObjects: false, lineWidth: 0})).join("---\n");
  await expect(await format(text, {...(await resolveConfig(path)), parser: "yaml"})).toMatchFileSnapshot(path);
});
