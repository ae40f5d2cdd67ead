import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {GroupPlan, Plan} from "../../compile/plan.ts";
import {keyOf, type Mesh, older, type SwimLaneGroup} from "../../model/index.ts";
import {renderEntryRoutes} from "./entry-routes.ts";
import {renderEntryServices} from "./entry-services.ts";
import {renderGateways} from "./gateways.ts";
import {mirrorNotices} from "./mirrors.ts";
import {egressHosts, filterNamespaces, namespacePlugins, podLanes} from "./namespaces.ts";
import {selectorKey} from "./pod-names.ts";
import {type IstioObject, type IstioOptions, type Notice, PART, type Rendering} from "./options.ts";
import {identity, madeFor, purposes, tooLarge, undecided} from "./own-object.ts";
import {groupOf} from "./prepared.ts";
import {refuse} from "./refusals.ts";
import {renderServices} from "./services.ts";
import {namedSubsets} from "./subsets-named.ts";
import {tooNew} from "./too-new.ts";

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
  const filters = namespaces.flatMap((namespace) => {
    const except = entries.pods.filter((pods) => pods.namespace === namespace).map(({selector}) => selector);
    const pods = podLanes(namespace, plan, mesh, facts);
    return namespacePlugins(namespace, {pods, except: except.sort(bySelector), egress, native}, options);
  });
  const gateways = renderGateways(entering, facts, options, {covered: namespaces, egress});
  const guarded = withoutUnguarded(plan, mesh, [...entries.unguarded, ...gateways.unguarded]);
  const passed = {namespaces, gateways: plan.groups.flatMap((group) => group.gateways), egress};
  const parts: Rendering[] = [
    {objects: filters, notices: [...notices, ...mirrorNotices(passed, facts)], kept: guarded.kept},
    entries,
    gateways,
    renderServices(guarded.plan, guarded.mesh, facts, options),
    renderEntryRoutes(guarded.plan, guarded.mesh, facts, options),
    namedSubsets(plan, facts),
  ];
  return together(parts, options);
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
    kept: [...open.map(({service}) => service), ...entered].flatMap(undecided),
  };
}

function together(parts: readonly Rendering[], {version}: IstioOptions): Rendering {
  const all = merged(parts.flatMap((part) => part.objects));
  const unfit = all.flatMap((object) => {
    const notice = tooLarge(object) ?? tooNew(object, version);
    return notice === undefined ? [] : [{object, notice}];
  });
  const refused = new Set(unfit.flatMap(({object}) => [identity(object), ...withIt(object)]));
  const stays = (object: IstioObject) => [identity(object), ...purposes(object)].some((what) => refused.has(what));
  const kept = new Set([...parts.flatMap((part) => part.kept ?? []), ...refused]);
  return {
    objects: all.filter((object) => !stays(object)).sort(byIdentity),
    notices: distinct([...parts.flatMap(({notices}) => notices), ...unfit.map(({notice}) => notice)]),
    kept: [...kept].sort(),
  };
}

/** The mesh's routes and those of the gateways rest on the same destinations. */
function merged(objects: readonly IstioObject[]): IstioObject[] {
  const all = new Map<string, IstioObject>();
  for (const object of objects) {
    const met = all.get(identity(object));
    all.set(identity(object), met === undefined ? object : madeFor(purposes(object), met));
  }
  return [...all.values()];
}

/** Routes without the destinations that they name would refuse every request, so a service's objects stay together. */
function withIt(object: IstioObject): string[] {
  const isRoute = ["destinations", "routes"].includes(object.metadata.labels[PART] ?? "");
  return isRoute ? purposes(object).flatMap((what) => undecided(what.split(" ")[1] ?? "")) : [];
}

function distinct(notices: readonly Notice[]): Notice[] {
  return [...new Map(notices.map((notice) => [JSON.stringify(notice), notice])).values()];
}

function byIdentity(a: IstioObject, b: IstioObject): number {
  return sortKey(a) < sortKey(b) ? -1 : 1;
}

function sortKey({kind, metadata}: IstioObject): string {
  return [kind, metadata.namespace, metadata.name].join("/");
}

function bySelector(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): number {
  return selectorKey(a) < selectorKey(b) ? -1 : 1;
}
