import {hostOf} from "../../compile/hosts.ts";
import type {ClusterFacts, KubernetesService, ServicePort} from "../../compile/cluster-facts.ts";
import type {Destination, LaneRoute, ServicePlan} from "../../compile/plan.ts";
import {destinationKey, type ReadyRoutes, readyRoutes} from "../../compile/routes.ts";
import {type Mesh, selects, type SwimLaneGroup} from "../../model/index.ts";
import {callersOf} from "./callers.ts";
import {nameOf} from "./names.ts";
import type {Notice} from "./options.ts";
import {httpPorts, portAt} from "./ports.ts";
import {subsetObstacle} from "./subsets.ts";

/** A service of a group with what can be rendered of its lanes. */
export interface PreparedService {
  readonly service: string;
  readonly host: string;
  readonly group: SwimLaneGroup;
  readonly baseline: Destination;
  readonly lanes: readonly LaneRoute[];
  readonly routes: ReadyRoutes;
  /** Undefined where the Service is not known. */
  readonly ports: readonly ServicePort[] | undefined;
  /** Namespaces whose pods call the service. */
  readonly callers: readonly string[];
  readonly facts: ClusterFacts;
}

/** Services of which something is to be written; what cannot be done of their lanes is left out and said. */
export function prepare(plan: readonly ServicePlan[], mesh: Mesh, facts: ClusterFacts) {
  const notices: Notice[] = [];
  const callersBy = new Map(mesh.groups.map((group) => [group, callersOf(group, mesh)]));
  const services = plan.flatMap((each): PreparedService[] => {
    const group = groupOf(each, mesh);
    if (group === undefined) return [];
    const callers = callersBy.get(group) ?? [];
    const {service} = each;
    const left = withoutImpossible(each, facts, notices);
    if (left.lanes.length === 0 && left.baseline.labels === undefined) return [];
    const routes = refusedByThemselves(
      left,
      readyRoutes(left, (destination) => facts.ready(destination)),
      facts,
    );
    const host = hostOf(service, facts.domain);
    return [{...left, host, group, routes, ports: httpPorts(service, facts), callers, facts}];
  });
  return {services, notices};
}

/**
 * A strict lane's own Service without a ready endpoint answers 503, and serves again as soon as it has one. A route that
 * answers by itself has no cluster, so that outbound would take the context as for a request that leaves the mesh, and the
 * request would be on the baseline: it is left for lanes whose Service is not there.
 */
function refusedByThemselves({lanes}: ServicePlan, {taken, refused}: ReadyRoutes, facts: ClusterFacts): ReadyRoutes {
  const own = refused.flatMap((lane) => {
    const to = lanes.find((route) => route.lane === lane)?.chain[0];
    return to !== undefined && facts.kubernetesServices.has(to.service) ? [{lanes: [lane], to}] : [];
  });
  const routed = new Set(own.flatMap((route) => route.lanes));
  return {taken: [...taken, ...own], refused: refused.filter((lane) => !routed.has(lane))};
}

/** Namespaces without services of their own may hold two groups that both name theirs. */
export function groupOf({service}: ServicePlan, mesh: Mesh): SwimLaneGroup | undefined {
  const [namespace, name = ""] = service.split("/");
  const here = mesh.groups.filter(({metadata}) => metadata.namespace === namespace);
  return here.find(({spec}) => spec.services?.includes(name)) ?? here.find(({spec}) => spec.services === undefined);
}

function withoutImpossible(plan: ServicePlan, facts: ClusterFacts, notices: Notice[]): ServicePlan {
  const refusal = serviceObstacle(plan, facts);
  if (refusal !== undefined) {
    if (plan.lanes.length > 0) notices.push(refusal);
    return {...plan, baseline: {service: plan.service}, lanes: []};
  }
  const whole = {service: plan.service};
  const [hasPorts, hasAddress] = [portCheck(plan, facts, notices), addressCheck(plan, facts, notices)];
  const reachable = (to: Destination) => hasAddress(to) && hasPorts(to);
  if (!needsSubsets(plan, facts)) return changed(plan, whole, reachable);
  const obstacle = subsetObstacle(plan.service, facts);
  if (obstacle !== undefined) notices.push(obstacle);
  const baseline = obstacle === undefined ? plan.baseline : whole;
  return changed(plan, baseline, (to) => (obstacle === undefined || to.labels === undefined) && reachable(to));
}

/** The baseline's labels matter as soon as the Service has other pods too, of a lane or left behind by one. */
function needsSubsets({service, baseline, lanes}: ServicePlan, facts: ClusterFacts): boolean {
  const {labels} = baseline;
  if (lanes.some(({chain}) => chain.some((to) => to.labels !== undefined && to.labels !== labels))) return true;
  return labels !== undefined && (facts.services.get(service) ?? []).some((pods) => !selects(labels, pods));
}

/** The plan with another baseline and only those destinations that `keep` has; a lane that has no other left is left out. */
function changed(plan: ServicePlan, baseline: Destination, keep: (to: Destination) => boolean): ServicePlan {
  const before = destinationKey(plan.baseline);
  const lanes = plan.lanes.flatMap(({lane, chain}): LaneRoute[] => {
    const isBaseline = (to: Destination) => destinationKey(to) === before;
    const left = chain.flatMap((to) => (isBaseline(to) ? [baseline] : keep(to) ? [to] : []));
    return left.every((to) => to === baseline) ? [] : [{lane, chain: left}];
  });
  return {service: plan.service, baseline, lanes};
}

function serviceObstacle({service, lanes}: ServicePlan, facts: ClusterFacts): Notice | undefined {
  const subject = `service ${service}`;
  const first = lanes[0]?.lane ?? "";
  const ports = httpPorts(service, facts);
  if (ports === undefined || ports.length > 0) return undefined;
  return {
    severity: "error",
    subject,
    reason: "NoHttpPort",
    message: `has no HTTP port, and only HTTP carries a context; its lanes (${first}, ...) are left out`,
    hint: `Name the port http or http-..., or write appProtocol: http, if it is HTTP.`,
  };
}

/** Whether a lane's requests can go to a destination's Service at all. */
function addressCheck({service}: ServicePlan, facts: ClusterFacts, notices: Notice[]): (to: Destination) => boolean {
  const said = new Set<string>();
  return (to) => {
    const own = facts.kubernetesServices.get(to.service);
    if (to.service === service || own === undefined || !(own.headless || own.alias !== undefined)) return true;
    if (!said.has(to.service)) notices.push(own.headless ? headless(to.service, service) : alias(own, service));
    said.add(to.service);
    return false;
  };
}

/** The caller chooses the pod of a headless Service, and has chosen one of the baseline's: its cluster is ORIGINAL_DST. */
function headless(service: string, overridden: string): Notice {
  return {
    severity: "error",
    subject: `Service ${service}`,
    reason: "HeadlessLane",
    message: `is headless, so a request goes to the pod whose address its caller asked for, one of ${overridden}; lanes that name it are left out there`,
    hint: "Give the lane's pods a Service with a cluster IP; it may stand beside the headless one.",
  };
}

/** istiod gives it no cluster of its own; where it names a host outside, the context would leave the mesh. */
function alias({key, alias: host}: KubernetesService, overridden: string): Notice {
  return {
    severity: "error",
    subject: `Service ${key}`,
    reason: "AliasLane",
    message: `is of type ExternalName and has no pods of its own, only the name ${host}; lanes that name it for ${overridden} are left out there`,
    hint: "Let the lane name a Service that selects its pods.",
  };
}

/** Whether a destination has a port for each HTTP port of the service. */
function portCheck({service}: ServicePlan, facts: ClusterFacts, notices: Notice[]): (to: Destination) => boolean {
  const known = new Map<string, boolean>();
  return (to) => {
    const met = known.get(to.service);
    if (met !== undefined) return met;
    const missing = (httpPorts(service, facts) ?? []).find((port) => portAt(to.service, port, facts) === undefined);
    known.set(to.service, missing === undefined);
    if (missing === undefined) return true;
    notices.push({
      severity: "error",
      subject: `Service ${to.service}`,
      reason: "PortMissing",
      message: `has no port ${missing.port} as ${service} has; lanes that name it for ${nameOf(service)} are left out there`,
      hint: `Give Service ${to.service} the port ${missing.port}, or one of the same name.`,
    });
    return false;
  };
}
