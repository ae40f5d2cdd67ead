import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import {covers, hostOf} from "../../compile/hosts.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import {namespaceOf} from "./names.ts";
import type {Notice} from "./options.ts";
import type {PreparedService} from "./prepared.ts";

interface Imports {
  readonly key: string;
  readonly namespace: string;
  /** `NAMESPACE/HOST`; undefined: all. */
  readonly hosts: readonly string[] | undefined;
}

/**
 * A user's Sidecar resource that lets its pods see a service that is routed natively, but not where a lane's requests for it
 * go. What a VirtualService names as a destination istiod shows to the pods by itself: collectImportedServices in
 * its pilot/pkg/model/sidecar.go.
 */
export function sidecarNotices(services: readonly PreparedService[], facts: ClusterFacts): Notice[] {
  const sidecars = facts.sidecars.map(importsOf).filter(({hosts}) => hosts !== undefined);
  return sidecars.flatMap((sidecar) =>
    services
      .filter(({service, callers}) => calls(sidecar, callers, facts) && sees(sidecar, service, facts))
      .flatMap((service) => hidden(sidecar, service, facts)),
  );
}

/** A Sidecar of the root namespace without a selector holds wherever there is no other. */
function calls({namespace}: Imports, callers: readonly string[], {rootNamespace}: ClusterFacts): boolean {
  return callers.includes(namespace) || namespace === rootNamespace;
}

function importsOf({metadata, spec}: KubernetesObject): Imports {
  const {egress} = (spec ?? {}) as {egress?: readonly {hosts?: readonly string[]}[]};
  const namespace = metadata.namespace ?? "default";
  const hosts = egress === undefined || egress.length === 0 ? undefined : egress.flatMap((one) => one.hosts ?? []);
  return {key: `${namespace}/${metadata.name}`, namespace, hosts};
}

function sees({namespace, hosts = []}: Imports, service: string, {domain}: ClusterFacts): boolean {
  return hosts.some((entry) => {
    const [from = "", host = ""] = entry.split("/");
    const there = from === "*" || (from === "." ? namespace : from) === namespaceOf(service);
    return there && covers(host, hostOf(service, domain));
  });
}

function hidden(sidecar: Imports, {service, lanes}: PreparedService, facts: ClusterFacts): Notice[] {
  const all = new Set(lanes.flatMap(({chain}) => chain.map((to) => to.service)));
  const missing = [...all].filter((to) => !sees(sidecar, to, facts)).sort();
  const [first] = missing;
  if (first === undefined) return [];
  const lane = lanes.find(({chain}) => chain.some((to) => to.service === first))!.lane;
  const others = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
  const hint = `Add "${namespaceOf(first)}/*" to its egress hosts.`;
  return [
    {
      severity: "warning",
      subject: `Sidecar ${sidecar.key} (yours)`,
      reason: "SidecarHidesLane",
      message: `lets its pods see ${service}, but not ${first}${others}: their requests in lane ${lane} cannot go there`,
      hint,
    },
  ];
}
