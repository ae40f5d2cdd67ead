import {hostOf} from "../../compile/hosts.ts";
import {selects} from "../../model/index.ts";
import {filterNamespaces} from "../../render/istio/namespaces.ts";
import type {Inspection, ProxyFact} from "./inspection.ts";
import {ok, type Result, some, warning} from "./result.ts";

/** Who calls services of a group from outside its namespaces has no filter, so a lane is lost there. */
export function checkThrough({desired, proxies}: Inspection): Result[] {
  if (desired === undefined) return [];
  const {plan, mesh, facts} = desired;
  const inside = new Set(filterNamespaces(plan, mesh));
  const gateways = [...facts.gateways.values()];
  const isGateway = ({namespace, labels}: ProxyFact): boolean =>
    gateways.some(
      (one) =>
        one.namespaces.includes(namespace) && Object.keys(one.selector).length > 0 && selects(one.selector, labels),
    );
  const outside = proxies.filter(
    (proxy) => !inside.has(proxy.namespace) && proxy.kind === "sidecar" && !isGateway(proxy),
  );
  const hosts = new Map(plan.services.map(({service}) => [hostOf(service, facts.domain), service]));
  const found = new Map<string, {pods: string[]; services: string[]}>();
  for (const {namespace, pod, requests} of outside) {
    const called = [...requests.keys()].flatMap((host) => hosts.get(host) ?? []);
    if (called.length === 0) continue;
    const {pods = [], services = []} = found.get(namespace) ?? {};
    found.set(namespace, {pods: [...pods, pod], services: [...services, ...called]});
  }
  if (found.size === 0) return [ok("through", "nobody outside the groups' namespaces has called their services")];
  return [...found].map(([namespace, {pods, services}]) =>
    warning(
      "through",
      `${some(pods, 2)} calls ${some(services, 3)}, but namespace ${namespace} is not in through: a lane that passes there is lost`,
      `Write through: [${namespace}] in the group, if requests of lanes pass there.`,
      [...pods, ...services],
    ),
  );
}
