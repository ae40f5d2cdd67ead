import {stringify} from "yaml";

/** Objects of namespace `shop` for tests that are about one rule; each is a YAML text. */
export function group(spec: object = {}): string {
  return object("meshlane.dev/v1alpha1", "SwimLaneGroup", "shop", {services: ["cart", "payment"], ...spec});
}

export function lane(name: string, spec: object = {}): string {
  return object("meshlane.dev/v1alpha1", "SwimLane", name, {services: [{name: "cart", to: `cart--${name}`}], ...spec});
}

export function service(name: string, spec: object = {}, namespace = "shop"): string {
  const ports = [{name: "http", port: 80}];
  return object("v1", "Service", name, {selector: {app: name}, ports, ...spec}, namespace);
}

export function deployment(app: string, version: string): string {
  const labels = {app, version};
  return object("apps/v1", "Deployment", `${app}-${version}`, {
    selector: {matchLabels: labels},
    template: {metadata: {labels}},
  });
}

export function virtualService(name: string, spec: object, namespace = "shop"): string {
  return object("networking.istio.io/v1", "VirtualService", name, spec, namespace);
}

export function destinationRule(name: string, spec: object, namespace = "shop"): string {
  return object("networking.istio.io/v1", "DestinationRule", name, spec, namespace);
}

export function object(apiVersion: string, kind: string, name: string, spec: object, namespace = "shop"): string {
  return stringify({apiVersion, kind, metadata: {name, namespace}, spec});
}
