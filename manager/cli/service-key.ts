import type {Plan} from "../compile/index.ts";
import {UsageError} from "./exit.ts";

interface Where {
  /** Where the groups are from, for messages. */
  readonly among: string;
  /** The namespace that is meant where several have the service. */
  readonly namespace?: string;
}

/**
 * The service that a user calls NAME or NAMESPACE/NAME, as `NAMESPACE/NAME`.
 * @throws UsageError where there is none, or several namespaces have one
 */
export function serviceKey(service: string, {services}: Plan, {among, namespace}: Where): string {
  const keys = services.map((each) => each.service);
  const found = keys.filter((key) => key === service || key.endsWith(`/${service}`));
  const here = found.find((key) => key === `${namespace}/${service}`);
  const [only, ...more] = here === undefined ? found : [here];
  if (only === undefined) throw new UsageError(`service ${service} is in no group of ${among}`);
  if (more.length > 0)
    throw new UsageError(`several namespaces have a service ${service}: write one of ${found.join(", ")}`);
  return only;
}
