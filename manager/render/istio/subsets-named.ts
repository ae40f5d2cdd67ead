import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import {resolveHost, serviceOf} from "../../compile/hosts.ts";
import type {Plan} from "../../compile/plan.ts";
import {isRendered} from "../../model/kubernetes.ts";
import {type ForeignVirtualService, subsetsIn, virtualServices} from "./foreign.ts";
import type {Notice, Rendering} from "./options.ts";

/** A VirtualService of somebody that names a subset of ours: routes of lanes were pasted into it. */
interface Naming {
  /** `NAMESPACE/NAME` of the Service whose subset it is. */
  readonly service: string;
  readonly subset: string;
  readonly users: ForeignVirtualService;
}

/** Keeps subsets of ours that users name: without them istiod answers 503 to all requests of such a route, those of no lane too. */
export function namedSubsets({services}: Plan, facts: ClusterFacts): Rendering {
  const named = subsetsNamed(virtualServices(facts), facts.domain);
  const overridden = new Set(services.filter(({lanes}) => lanes.length > 0).map(({service}) => service));
  return {
    objects: [],
    notices: named.filter(({service}) => !overridden.has(service)).map(stillNamed),
    kept: named.map(({service}) => `destinations ${service}`),
  };
}

function subsetsNamed(all: readonly ForeignVirtualService[], domain: string): Naming[] {
  const byHand = all.filter(({object}) => !isRendered(object));
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
