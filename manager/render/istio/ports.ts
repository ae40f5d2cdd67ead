import type {ClusterFacts, ServicePort} from "../../compile/cluster-facts.ts";

/** The HTTP ports of a Service; undefined where the Service is not known. */
export function httpPorts(service: string, facts: ClusterFacts): readonly ServicePort[] | undefined {
  return facts.kubernetesServices.get(service)?.ports.filter(({http}) => http);
}

/**
 * The port of Service `to` that stands for a port of another Service: of the same number, else of the same name, else its
 * only one. A Service that is not known has the same ports; undefined: there is no such port.
 */
export function portAt(to: string, port: ServicePort, facts: ClusterFacts): number | undefined {
  const ports = facts.kubernetesServices.get(to)?.ports;
  if (ports === undefined || ports.some((each) => each.port === port.port)) return port.port;
  const named = ports.find(({name}) => name !== undefined && name === port.name);
  return (named ?? (ports.length === 1 ? ports[0] : undefined))?.port;
}

/** The port that istiod takes where a route's destination names none: the Service's only one, else that of the listener. */
export function inferredPort(to: string, port: ServicePort, facts: ClusterFacts): number {
  const ports = facts.kubernetesServices.get(to)?.ports ?? [];
  return ports.length === 1 ? ports[0]!.port : port.port;
}
