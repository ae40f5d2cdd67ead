import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {GroupPlan, Plan} from "../../compile/plan.ts";
import {isAdopted} from "../../model/adopted.ts";
import {keyOf, type Mesh, older, type SwimLaneGroup} from "../../model/index.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import {renderEntryRoutes} from "./entry-routes.ts";
import {renderEntryServices} from "./entry-services.ts";
import {renderGateways} from "./gateways.ts";
import {mirrorNotices} from "./mirrors.ts";
import {egressHosts, filterNamespaces, inboundNames, namespacePlugins} from "./namespaces.ts";
import {podLanes} from "./pod-lanes.ts";
import {selectorKey} from "./pod-names.ts";
import {type IstioObject, type IstioOptions, type Notice, PART, type Rendering} from "./options.ts";
import {identity, madeFor, purposes, undecided} from "./own-object.ts";
import {groupOf} from "./prepared.ts";
import {refuse} from "./refusals.ts";
import {renderServices} from "./services.ts";
import {namedSubsets} from "./subsets-named.ts";
import {unfit} from "./unfit.ts";

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

function together(parts: readonly Rendering[], options: IstioOptions): Rendering {
  const all = merged(parts.flatMap((part) => part.objects));
  const open = parts.flatMap((part) => part.kept ?? []);
  const unwritten = all.flatMap((object): Left[] => {
    const notice = unfit(object, options);
    return notice === undefined ? [] : [{names: [identity(object), ...withIt(object)], notice}];
  });
  const left = [...unwritten, ...heldUp(all, options, new Set([...open, ...unwritten.flatMap(({names}) => names)]))];
  const refused = new Set(left.flatMap(({names}) => names));
  const stays = (object: IstioObject) => [identity(object), ...purposes(object)].some((what) => refused.has(what));
  return {
    objects: all.filter((object) => !stays(object)).sort(byIdentity),
    notices: distinct([...parts.flatMap(({notices}) => notices), ...left.map(({notice}) => notice)]),
    kept: [...new Set([...open, ...refused])].sort(),
  };
}

/** An object that is not written, with all that depends on it, and why. */
interface Left {
  readonly names: readonly string[];
  readonly notice: Notice;
}

/**
 * What was handed over for several services has the routes of all, and needs the destinations of all: where one of them is
 * undecided, no other changes, though it may have no lane any more.
 */
function heldUp(objects: readonly IstioObject[], {handed = []}: IstioOptions, kept: ReadonlySet<string>): Left[] {
  const adopted = objects.filter(isAdopted);
  const wanted = new Set(adopted.map(identity));
  return [...adopted, ...handed.filter((object) => !wanted.has(identity(object)))].flatMap((object) => {
    const all = purposes(object);
    const open = all.filter((what) => kept.has(what));
    if (open.length === 0 || open.length === all.length) return [];
    const names = [identity(object), ...all.flatMap((what) => undecided(serviceIn(what)))];
    return [{names, notice: {...handedOverTogether(object, open), concerns: names}}];
  });
}

function handedOverTogether(object: KubernetesObject, open: readonly string[]): Notice {
  const services = open.map(serviceIn).join(", ");
  const all = purposes(object).join(", ");
  return {
    severity: "error",
    subject: `${identity(object)} (yours)`,
    reason: "HandedOverTogether",
    message: `is handed over for several services, of which ${services} cannot be decided; it stays as it is, and so does all that needs it (${all})`,
    hint: `See what is said of ${services}.`,
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
  return isRoute ? purposes(object).flatMap((what) => undecided(serviceIn(what))) : [];
}

/** `shop/cart` of `routes shop/cart`. */
function serviceIn(purpose: string): string {
  return purpose.split(" ")[1] ?? "";
}

/** What is said of several things is said once. */
function distinct(notices: readonly Notice[]): Notice[] {
  const all = new Map<string, Notice>();
  for (const notice of notices) {
    const text = JSON.stringify({...notice, concerns: []});
    const concerns = new Set([...(all.get(text)?.concerns ?? []), ...(notice.concerns ?? [])]);
    all.set(text, concerns.size === 0 ? notice : {...notice, concerns: [...concerns].sort()});
  }
  return [...all.values()];
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
