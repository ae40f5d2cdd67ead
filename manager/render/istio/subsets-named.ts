import {resolveHost, serviceOf} from "../../compile/hosts.ts";
import {isRendered} from "../../model/kubernetes.ts";
import {type ForeignVirtualService, subsetsIn} from "./foreign.ts";
import type {Notice} from "./options.ts";

/** A VirtualService of somebody that names a subset of ours: routes of lanes were pasted into it. */
interface Naming {
  /** `NAMESPACE/NAME` of the Service whose subset it is. */
  readonly service: string;
  readonly subset: string;
  readonly users: ForeignVirtualService;
}

/** Subsets of ours that users name: without them istiod answers 503 to all requests of such a route, those of no lane too. */
export function subsetsNamed(all: readonly ForeignVirtualService[], domain: string): Naming[] {
  const byHand = all.filter(({object}) => !isRendered(object));
  return byHand.flatMap((users) => {
    return subsetsIn(users.spec).flatMap(({host, subset}) => {
      const service = serviceOf(resolveHost(host, users.namespace, domain), domain);
      return service !== undefined && subset.startsWith("meshlane-") ? [{service, subset, users}] : [];
    });
  });
}

/** What keeps a DestinationRule of ours although no lane needs it. */
export function stillNamed({service, subset, users}: Naming): Notice {
  return {
    severity: "warning",
    subject: `VirtualService ${users.key} (yours)`,
    reason: "SubsetNamed",
    message: `names subset ${subset} of ${service}, which no lane needs any more; it stays while it is named`,
    hint: "Take the routes that were pasted into it out, and the subset off the others.",
  };
}
