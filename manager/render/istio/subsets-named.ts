import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import {resolveHost, serviceOf} from "../../compile/hosts.ts";
import type {Plan} from "../../compile/plan.ts";
import {isRendered, type KubernetesObject} from "../../model/kubernetes.ts";
import {type DestinationRuleSpec, type ForeignVirtualService, subsetsIn, virtualServices} from "./foreign.ts";
import type {Notice, Rendering} from "./options.ts";

/** A VirtualService of somebody that names a subset of ours: routes of lanes were pasted into it. */
interface Naming {
  /** `NAMESPACE/NAME` of the Service whose subset it is. */
  readonly service: string;
  readonly subset: string;
  readonly users: ForeignVirtualService;
}

/**
 * Keeps subsets of ours that users name: without them istiod answers 503 to all requests of such a route, those of no lane too.
 * @param written what is to be in the cluster
 * @param standing what of ours is there; undefined: nobody knows
 */
export function namedSubsets(
  {services}: Plan,
  facts: ClusterFacts,
  written: readonly KubernetesObject[],
  standing?: readonly KubernetesObject[],
): Rendering {
  const named = subsetsNamed(facts);
  const overridden = new Set(services.filter(({lanes}) => lanes.length > 0).map(({service}) => service));
  const grouped = new Set(services.map(({service}) => service));
  const wanted = subsetKeys([...written, ...facts.destinationRules], facts.domain);
  const there = standing === undefined ? undefined : subsetKeys(standing, facts.domain);
  const notices = named.flatMap((one): Notice[] => {
    if (wanted.has(keyOf(one))) return [];
    if (there?.has(keyOf(one)) === false) return [missing(one, grouped.has(one.service))];
    return overridden.has(one.service) ? [] : [stillNamed(one)];
  });
  return {objects: [], notices, kept: named.map(({service}) => `destinations ${service}`)};
}

/** `SUBSET of NAMESPACE/NAME` of the Service. */
function keyOf({service, subset}: Pick<Naming, "service" | "subset">): string {
  return `${subset} of ${service}`;
}

function subsetKeys(objects: readonly KubernetesObject[], domain: string): ReadonlySet<string> {
  const rules = objects.filter(({kind}) => kind === "DestinationRule");
  const keys = rules.flatMap(({metadata, spec}) => {
    const {host = "", subsets = []} = (spec ?? {}) as DestinationRuleSpec;
    const service = serviceOf(resolveHost(host, metadata.namespace ?? "default", domain), domain);
    return service === undefined ? [] : subsets.map(({name}) => keyOf({service, subset: name}));
  });
  return new Set(keys);
}

/** The subsets of ours that VirtualServices name which somebody wrote by hand. */
export function subsetsNamed(facts: ClusterFacts): Naming[] {
  const {domain} = facts;
  const byHand = virtualServices(facts).filter(({object}) => !isRendered(object));
  return byHand.flatMap((users) => {
    return subsetsIn(users.spec).flatMap(({host, subset}) => {
      const service = serviceOf(resolveHost(host, users.namespace, domain), domain);
      return service !== undefined && subset.startsWith("meshlane-") ? [{service, subset, users}] : [];
    });
  });
}

/** What keeps a DestinationRule of ours although no lane needs it. */
function stillNamed({service, subset, users}: Naming): Notice {
  return {
    severity: "warning",
    subject: `VirtualService ${users.key} (yours)`,
    reason: "SubsetNamed",
    message: `names subset ${subset} of ${service}, which no lane needs any more; it stays while it is named`,
    hint: "Take the routes that were pasted into it out, and the subset off the others.",
  };
}

/** What nobody mends by waiting. @param isGrouped the service is one of a group: who applies that is concerned */
function missing({service, subset, users}: Naming, isGrouped: boolean): Notice {
  return {
    severity: isGrouped ? "error" : "warning",
    subject: `VirtualService ${users.key} (yours)`,
    reason: "SubsetMissing",
    message: `names subset ${subset} of ${service}, which is not there: requests of such a route get 503`,
    hint: "Take it out of the routes, or paste anew what meshlane render --routes prints.",
  };
}
