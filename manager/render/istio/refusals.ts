import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import type {Plan} from "../../compile/plan.ts";
import {keyOf, type Mesh, type SwimLaneGroup} from "../../model/index.ts";
import {namespaceOf} from "./names.ts";
import type {Notice} from "./options.ts";

export interface Accepted {
  readonly plan: Plan;
  readonly mesh: Mesh;
  readonly notices: readonly Notice[];
}

/** Leaves out what no sidecar would carry out: groups, and namespaces on the way, that are ambient, not there, or the root one. */
export function refuse(plan: Plan, mesh: Mesh, facts: ClusterFacts): Accepted {
  const notices: Notice[] = [];
  const accept = (namespace: string, group: SwimLaneGroup, what: string): boolean => {
    const reason = obstacle(namespace, facts);
    if (reason !== undefined) notices.push({severity: "error", subject: `group ${keyOf(group)}`, ...reason(what)});
    return reason === undefined;
  };
  const groups = mesh.groups
    .filter((group) => accept(group.metadata.namespace, group, "all of it"))
    .map((group) => {
      const through = group.spec.through.filter((namespace) => accept(namespace, group, "what passes there"));
      return {...group, spec: {...group.spec, through}};
    });
  const namespaces = new Set(groups.map(({metadata}) => metadata.namespace));
  const names = new Set(groups.map(keyOf));
  return {
    mesh: {...mesh, groups, lanes: mesh.lanes.filter(({spec}) => names.has(spec.group))},
    plan: {
      ...plan,
      groups: plan.groups.filter(({name}) => names.has(name)),
      services: plan.services.filter(({service}) => namespaces.has(namespaceOf(service))),
      pods: plan.pods.filter(({destination}) => obstacle(namespaceOf(destination.service), facts) === undefined),
    },
    notices,
  };
}

type Reason = (what: string) => Pick<Notice, "reason" | "message" | "hint">;

function obstacle(namespace: string, {namespaces, rootNamespace, complete}: ClusterFacts): Reason | undefined {
  if (namespaces.get(namespace)?.ambient === true) {
    return (what) => ({
      reason: "AmbientNamespace",
      message: `has the ambient namespace ${namespace}, whose pods have no sidecar that could carry a context; ${what} is left out`,
      hint: `Give the namespace sidecars (label istio-injection: enabled instead of istio.io/dataplane-mode: ambient).`,
    });
  }
  if (namespace === rootNamespace) {
    return (what) => ({
      reason: "RootNamespace",
      message: `has Istio's root namespace ${namespace}, and what is written there is for the whole mesh; ${what} is left out`,
      hint: "Move the services into a namespace of their own.",
    });
  }
  if (!complete || namespaces.has(namespace)) return undefined;
  return (what) => ({
    reason: "NamespaceNotFound",
    message: `names namespace ${namespace}, which is not there; ${what} is left out`,
    hint: `Make it, or correct the name.`,
  });
}
