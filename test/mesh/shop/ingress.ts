import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";

export const INGRESS = "istio-ingress";
/** Where the gateway's pod listens; the Service's port is 80. */
export const GATEWAY_PORT = 8080;

const labels = {istio: "public", app: "public"};

/** The gateway of the mesh: pods, Service and Gateway `public` of namespace istio-ingress, for every host. */
export function ingressObjects(): KubernetesObject[] {
  const metadata = {name: "public", namespace: INGRESS, labels};
  return [
    {apiVersion: "v1", kind: "Namespace", metadata: {name: INGRESS}},
    gatewayDeployment("public", labels),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        type: "LoadBalancer",
        allocateLoadBalancerNodePorts: false,
        selector: labels,
        ports: [{name: "http", port: 80, targetPort: GATEWAY_PORT}],
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: {name: "public", namespace: INGRESS},
      spec: {selector: labels, servers: [{port: {number: 80, name: "http", protocol: "HTTP"}, hosts: ["*"]}]},
    },
  ];
}

/** A Deployment whose pods become gateways by injection. */
export function gatewayDeployment(
  name: string,
  selected: Readonly<Record<string, string>>,
  namespace = INGRESS,
): KubernetesObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {name, namespace},
    spec: {
      replicas: 1,
      selector: {matchLabels: selected},
      template: {
        metadata: {
          labels: {...selected, "sidecar.istio.io/inject": "true"},
          annotations: {"inject.istio.io/templates": "gateway"},
        },
        spec: {
          containers: [{name: "istio-proxy", image: "auto", ports: [{name: "http", containerPort: GATEWAY_PORT}]}],
        },
      },
    },
  } as KubernetesObject;
}
