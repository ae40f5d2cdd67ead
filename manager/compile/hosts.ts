/** `cart.shop.svc.cluster.local` of the Service `shop/cart`. */
export function hostOf(service: string, domain: string): string {
  const [namespace, name] = service.split("/");
  return `${name}.${namespace}.svc.${domain}`;
}

/** `NAMESPACE/NAME` of the Service that has this full host; undefined for a host of another form. */
export function serviceOf(host: string, domain: string): string | undefined {
  const [name, namespace, ...rest] = host.split(".");
  return rest.join(".") === `svc.${domain}` ? `${namespace}/${name}` : undefined;
}

/**
 * A host as istiod reads it in an object of `namespace`: what has no dot is a Service there.
 * Rule: ResolveShortnameToFQDN in Istio's pilot/pkg/model.
 */
export function resolveHost(host: string, namespace: string, domain: string): string {
  const short = host !== "*" && !host.includes(".") && !host.includes(":");
  return (short ? hostOf(`${namespace}/${host}`, domain) : host).toLowerCase();
}

/** Whether a host that an object names, resolved, covers `host`. */
export function covers(pattern: string, host: string): boolean {
  if (pattern === "*") return true;
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : pattern === host;
}
