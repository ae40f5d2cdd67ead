import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {GroupPlan, Plan} from "../../compile/plan.ts";
import {keyOf, type Mesh, older, type SwimLaneGroup} from "../../model/index.ts";
import {renderEntryRoutes} from "./entry-routes.ts";
import {renderEntryServices} from "./entry-services.ts";
import {renderGateways} from "./gateways.ts";
import {mirrorNotices} from "./mirrors.ts";
import {egressHosts, filterNamespaces, inboundNames, namespacePlugins} from "./namespaces.ts";
import {podLanes} from "./pod-lanes.ts";
import {selectorKey} from "./pod-names.ts";
import type {IstioOptions, Rendering} from "./options.ts";
import {identity, undecided} from "./own-object.ts";
import {groupOf} from "./prepared.ts";
import {refuse} from "./refusals.ts";
import {renderServices} from "./services.ts";
import {namedSubsets} from "./subsets-named.ts";
import {together} from "./together.ts";

export type {IstioObject, IstioOptions, Rendering} from "./options.ts";

/** All that is to be in the cluster for these groups and lanes, and nothing else. Pure. */
export function renderIstio(written: Plan, all: Mesh, facts: ClusterFacts, options: IstioOptions): Rendering {
  const {plan, mesh, notices} = refuse(written, all, facts);
  const namespaces = filterNamespaces(plan, mesh);
  const entering = byAge(plan, mesh);
  const entries = renderEntryServices(entering, facts, options);
  const native = mesh.groups.some(
    ({spec: {routing}}) => routing === "native" || (routing === "auto" && options.nativeSupported),
  );
  const egress = egressHosts(plan, facts);
  const podsOf = podLanes(plan, mesh, facts);
  const filters = namespaces.flatMap((namespace) => {
    const except = entries.pods.filter((pods) => pods.namespace === namespace).map(({selector}) => selector);
    const pods = podsOf(namespace);
    return namespacePlugins(namespace, {pods, except: except.sort(bySelector), egress, native}, options);
  });
  const stays = entries.undecidedIn.map(inboundNames).filter(isThere(options)).flat();
  const gateways = renderGateways(entering, facts, options, {covered: namespaces, egress});
  const guarded = withoutUnguarded(plan, mesh, [...entries.unguarded, ...gateways.unguarded]);
  const passed = {namespaces, gateways: plan.groups.flatMap((group) => group.gateways), egress};
  const parts: Rendering[] = [
    {
      objects: filters.filter((object) => !stays.includes(identity(object))),
      notices: [...notices, ...mirrorNotices(passed, facts)],
      kept: [...guarded.kept, ...stays],
    },
    entries,
    gateways,
    renderServices(guarded.plan, guarded.mesh, facts, options, guarded.left),
    renderEntryRoutes(guarded.plan, guarded.mesh, facts, options),
  ];
  const objects = parts.flatMap((part) => part.objects);
  return together([...parts, namedSubsets(plan, facts, objects, options.standing)], options);
}

/** Whether one of these objects is in the cluster, or nobody knows: what is not there cannot stay as it is. */
function isThere({standing}: IstioOptions): (names: readonly string[]) => boolean {
  const there = new Set(standing?.map(identity));
  return (names) => standing === undefined || names.some((name) => there.has(name));
}

/** The plan's groups, the older ones first. */
function byAge({groups}: Plan, mesh: Mesh): GroupPlan[] {
  const order = mesh.groups.toSorted(older).map(keyOf);
  return groups.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

/** A lane that anybody could enter gets no route: what the group's services have stays as it is. */
function withoutUnguarded(plan: Plan, mesh: Mesh, unguarded: readonly string[]) {
  const isOpen = (group: SwimLaneGroup | undefined) => group !== undefined && unguarded.includes(keyOf(group));
  const open = plan.services.filter((service) => isOpen(groupOf(service, mesh)));
  const entered = mesh.groups
    .filter(isOpen)
    .flatMap(({metadata, spec}) => spec.entry.routes.map(({service}) => `${metadata.namespace}/${service}`));
  return {
    plan: {...plan, services: plan.services.filter((service) => !open.includes(service))},
    mesh: {...mesh, groups: mesh.groups.filter((group) => !isOpen(group))},
    left: open.map(({service}) => service),
    kept: [...open.map(({service}) => service), ...entered].flatMap(undecided),
  };
}

function bySelector(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): number {
  return selectorKey(a) < selectorKey(b) ? -1 : 1;
}
