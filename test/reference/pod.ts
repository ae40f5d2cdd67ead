export type Labels = Readonly<Record<string, string>>;

/** `pods` of outbound's configuration. */
export interface Pods {
  label?: string | undefined;
  lanes?: readonly {lane: string; labels: Labels}[] | undefined;
  fallbacks?: readonly string[] | undefined;
}

export function hasLabels(pod: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(pod, name) && pod[name] === value);
}

/** The lane of a pod by its labels. */
export function podLane(
  {label = "meshlane.dev/lane", lanes = [], fallbacks = []}: Pods,
  pod: Labels,
): string | undefined {
  const named = lanes.find(({labels}) => hasLabels(pod, labels));
  if (named) return named.lane;
  const own = Object.hasOwn(pod, label) ? pod[label] : undefined;
  if (own === undefined || fallbacks.includes(own)) return undefined;
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(own) ? own : undefined;
}
