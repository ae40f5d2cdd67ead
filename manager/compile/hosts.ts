/**
 * A host as Istio reads it in an object of `namespace`: a name without a dot is a Service of that namespace.
 * Rule: ResolveShortnameToFQDN in Istio's pilot/pkg/model.
 */
export function fullHost(host: string, namespace: string, domain: string): string {
  return host.includes(".") || host === "*" || host.includes(":") ? host : `${host}.${namespace}.svc.${domain}`;
}

/** `NAME.NAMESPACE.svc.DOMAIN` of a Service `NAMESPACE/NAME`. */
export function hostOf(service: string, domain: string): string {
  const [namespace, name] = service.split("/");
  return `${name}.${namespace}.svc.${domain}`;
}

/** `NAMESPACE/NAME` of the Service that has this full host; undefined for a host of another form. */
export function serviceOf(host: string, domain: string): string | undefined {
  const [name, namespace, ...rest] = host.split(".");
  return rest.join(".") === `svc.${domain}` ? `${namespace}/${name}` : undefined;
}

/** Whether a host is one that `pattern` names: itself, `*.example.com` or `*`. */
export function hostMatches(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith("*") && host.endsWith(pattern.slice(1)));
}
