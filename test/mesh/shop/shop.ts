import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import type {Playground, PlaygroundService, Workload} from "../../../manager/model/playground.ts";
import {urlVariable} from "../../../manager/playground/echo/settings.ts";
import {INGRESS} from "./ingress.ts";

export interface ShopOptions {
  /** Hosts of the user's own VirtualService from gateway `istio-ingress/public` to the entry service; empty: none. */
  readonly hosts?: readonly string[];
}

const ECHO = "meshlane.test/echo";
const APP_PORT = 8080;

/**
 * The services of a Playground in a namespace with sidecars: a Service with port 80 each, a Deployment for each
 * workload. Programs call `http://NAME`. Processes at addresses of their own are left out.
 */
export function shopObjects(namespace: string, {spec}: Playground, {hosts = []}: ShopOptions = {}): KubernetesObject[] {
  const objects = spec.services.flatMap((service) => [
    serviceObject(namespace, service.name),
    ...service.workloads
      .filter(({address}) => address === undefined)
      .map((workload) => deploymentObject(namespace, service, workload)),
  ]);
  const route = hosts.length === 0 ? [] : [entryRoute(namespace, spec.entry, hosts)];
  return [namespaceObject(namespace), ...objects, ...route];
}

/** A namespace, whose pods get sidecars unless told otherwise. */
export function namespaceObject(name: string, sidecars = true): KubernetesObject {
  const labels: Record<string, string> = sidecars ? {"istio-injection": "enabled"} : {};
  return {apiVersion: "v1", kind: "Namespace", metadata: {name, labels}};
}

/** A Service for the pods with label `app: NAME`. */
export function serviceObject(namespace: string, name: string): KubernetesObject {
  const spec = {selector: {app: name}, ports: [{name: "http", port: 80, targetPort: APP_PORT}]};
  return {apiVersion: "v1", kind: "Service", metadata: {name, namespace, labels: {app: name}}, spec};
}

/** An echo program as a Deployment of one pod with the labels `app: SERVICE` and the workload's own. */
export function deploymentObject(
  namespace: string,
  {name, calls, forwards}: Pick<PlaygroundService, "name" | "calls" | "forwards">,
  workload: Workload,
): KubernetesObject {
  const labels = {app: name, ...workload.labels};
  const selected = {app: name, workload: workload.name};
  const env = {
    PORT: String(APP_PORT),
    MESHLANE_SERVICE: name,
    MESHLANE_FORWARDS: forwards.join(","),
    CALLS: calls.map(({service}) => service).join(","),
    ...Object.fromEntries(calls.map(({service}) => [urlVariable(service), `http://${service}`])),
  };
  const container = {
    name: "app",
    image: ECHO,
    env: Object.entries(env).map(([variable, value]) => ({name: variable, value})),
    ports: [{name: "http", containerPort: APP_PORT}],
    // Whoever says no, or cannot be called, is unready at once; who is slow, on a machine that is busy, is not.
    readinessProbe: {
      httpGet: {path: "/ready", port: APP_PORT},
      periodSeconds: 1,
      timeoutSeconds: 10,
      failureThreshold: 1,
    },
    // Callers learn that it goes before it stops to answer.
    lifecycle: {preStop: {sleep: {seconds: 2}}},
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {name: workload.name, namespace, labels},
    spec: {
      replicas: 1,
      selector: {matchLabels: selected},
      template: {
        metadata: {labels: {...labels, workload: workload.name}},
        spec: {terminationGracePeriodSeconds: 10, containers: [container]},
      },
    },
  };
}

/** The user's own VirtualService: all requests for these hosts go to the entry service. */
function entryRoute(namespace: string, entry: string, hosts: readonly string[]): KubernetesObject {
  const destination = {host: `${entry}.${namespace}.svc.cluster.local`, port: {number: 80}};
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: {name: entry, namespace},
    spec: {hosts, gateways: [`${INGRESS}/public`], http: [{name: "all", route: [{destination}]}]},
  };
}
