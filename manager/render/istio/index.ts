import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {Plan} from "../../compile/plan.ts";
import type {Mesh} from "../../model/index.ts";
import {renderEntryRoutes} from "./entry-routes.ts";
import {renderEntryServices} from "./entry-services.ts";
import {renderGateways} from "./gateways.ts";
import {filterNamespaces, namespacePlugins, podLanes} from "./namespaces.ts";
import {selectorKey} from "./pod-names.ts";
import type {IstioObject, IstioOptions, Notice, Rendering} from "./options.ts";
import {tooLarge} from "./own-object.ts";
import {refuse} from "./refusals.ts";
import {renderServices} from "./services.ts";

export type {IstioObject, IstioOptions, Notice, Rendering} from "./options.ts";

/** All that is to be in the cluster for these groups and lanes, and nothing else. Pure. */
export function renderIstio(written: Plan, all: Mesh, facts: ClusterFacts, options: IstioOptions): Rendering {
  const {plan, mesh, notices} = refuse(written, all, facts);
  const namespaces = filterNamespaces(plan, mesh);
  const entries = renderEntryServices(plan.groups, facts, options);
  const filters = namespaces.flatMap((namespace) => {
    const except = entries.pods.filter((pods) => pods.namespace === namespace).map(({selector}) => selector);
    const pods = podLanes(namespace, plan, mesh, facts);
    return namespacePlugins(namespace, {pods, except: except.sort(bySelector)}, facts, options);
  });
  const parts: Rendering[] = [
    {objects: filters, notices},
    entries,
    renderGateways(plan.groups, facts, options, namespaces),
    renderServices(plan, mesh, facts, options),
    renderEntryRoutes(plan, mesh, facts, options),
  ];
  return together(parts);
}

function together(parts: readonly Rendering[]): Rendering {
  // The mesh's routes and those of the gateways rest on the same destinations.
  const all = parts.flatMap((part) => part.objects).map((object) => [identity(object), object] as const);
  const sized = [...new Map(all).values()].map((object) => ({object, large: tooLarge(object)}));
  const refused = sized.flatMap(({large}) => large ?? []);
  return {
    objects: sized.flatMap(({object, large}) => (large === undefined ? [object] : [])).sort(byIdentity),
    notices: distinct([...parts.flatMap(({notices}) => notices), ...refused]),
  };
}

function distinct(notices: readonly Notice[]): Notice[] {
  return [...new Map(notices.map((notice) => [JSON.stringify(notice), notice])).values()];
}

function byIdentity(a: IstioObject, b: IstioObject): number {
  return identity(a) < identity(b) ? -1 : 1;
}

function identity({kind, metadata}: IstioObject): string {
  return [kind, metadata.namespace, metadata.name].join("/");
}

function bySelector(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): number {
  return selectorKey(a) < selectorKey(b) ? -1 : 1;
}
