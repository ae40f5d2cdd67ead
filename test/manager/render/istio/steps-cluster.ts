/** Objects that stand in for a cluster on which stages are carried out. */
import type {KubernetesObject} from "../../../../manager/model/kubernetes.ts";
import type {IstioObject} from "../../../../manager/render/istio/options.ts";
import type {Stage} from "../../../../manager/render/istio/steps.ts";

export const cluster = ["cart", "payment", "cart--ann", "cart--bob", "payment--ann", "payment--bob"]
  .map(
    (name) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80}, {name: http-admin, port: 81}]}
`,
  )
  .join("---");

export const gateway = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: ingress}
spec: {selector: {istio: ingress}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: theirs, namespace: shop}
spec:
  hosts: [shop.example.com]
  gateways: [ingress/public]
  http: [{name: all, route: [{destination: {host: cart, port: {number: 80}}}]}]
`;

export const keyOf = ({kind, metadata}: KubernetesObject) => `${kind}/${metadata.namespace}/${metadata.name}`;

export function write(cluster: Map<string, KubernetesObject>, one: Stage["writes"][number]): void {
  if ("put" in one) cluster.set(keyOf(one.put), one.put);
  else cluster.delete(keyOf(one.delete));
}

export function live(objects: readonly IstioObject[]): Map<string, KubernetesObject> {
  return new Map(objects.map((object) => [keyOf(object), structuredClone(object) as KubernetesObject]));
}
