import type {Operator} from "../condition.ts";
import type {AsmFamily} from "./read.ts";

export function isEveryHost(hosts: readonly string[]): boolean {
  return hosts.length === 0 || hosts.includes("*");
}

/** The hosts that the group's rules name, sorted; undefined where one of them takes every host. */
export function hostsOf({group, lanes}: AsmFamily): string[] | undefined {
  const {ingressRoutingStrategy, weightedRoutingRule} = group.spec.ingress.ingressRouting;
  const byRule = lanes.flatMap(({spec}) => spec.ingressRules.filter(({online}) => online).map(({hosts}) => hosts));
  const all = ingressRoutingStrategy === "weighted" ? [weightedRoutingRule?.hosts ?? []] : byRule;
  return all.length === 0 || all.some(isEveryHost) ? undefined : [...new Set(all.flat())].toSorted();
}

/** Conditions of which one must hold; a single undefined where any host will do, as it does for a rule with all hosts of its group. */
export function hostOperators(
  hosts: readonly string[],
  ofGroup: readonly string[] | undefined,
): (Operator | undefined)[] {
  if (isEveryHost(hosts) || ofGroup?.every((host) => hosts.includes(host))) return [undefined];
  const exact = hosts.filter((host) => !host.startsWith("*"));
  const wild = hosts.filter((host) => host.startsWith("*")).map((host) => ({suffix: host.slice(1)}));
  if (exact.length === 0) return wild;
  return [exact.length === 1 ? {exact: exact[0]!} : {in: exact}, ...wild];
}
