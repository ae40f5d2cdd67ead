/** A group of the namespace for lanes that its header asks for. */
export function group(namespace: string, host: string): object {
  return {
    apiVersion: "meshlane.dev/v1alpha1",
    kind: "SwimLaneGroup",
    metadata: {name: "shop", namespace},
    spec: {
      services: ["frontend", "cart"],
      entry: {gateways: ["istio-ingress/public"], hosts: [host], lane: [{header: "x-swimlane", anyone: true}]},
    },
  };
}

/** A lane whose cart is another Service. */
export function lane(namespace: string, name: string, to: string): object {
  return {
    apiVersion: "meshlane.dev/v1alpha1",
    kind: "SwimLane",
    metadata: {name, namespace},
    spec: {services: [{name: "cart", to}]},
  };
}

/** Objects as one text for `-f -`. */
export function text(...objects: readonly object[]): string {
  return JSON.stringify({apiVersion: "v1", kind: "List", items: objects});
}
