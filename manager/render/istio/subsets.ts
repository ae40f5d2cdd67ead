import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import {covers, hostOf, resolveHost} from "../../compile/hosts.ts";
import type {Labels} from "../../compile/plan.ts";
import {selects} from "../../model/index.ts";
import {isRendered, type KubernetesObject} from "../../model/kubernetes.ts";
import type {JsonObject} from "../filter-config.ts";
import type {DestinationRuleSpec} from "./foreign.ts";
import {namespaceOf, subsetName} from "./names.ts";
import type {Notice} from "./options.ts";

interface Rule {
  readonly key: string;
  readonly namespace: string;
  /** Resolved. */
  readonly host: string;
  readonly spec: DestinationRuleSpec;
  readonly age: string;
}

const rules = new WeakMap<ClusterFacts, readonly Rule[]>();

/** The users' DestinationRules, the oldest first, as istiod merges them. What render gave repeats theirs, and is none of them. */
function rulesOf(facts: ClusterFacts): readonly Rule[] {
  const met = rules.get(facts);
  if (met !== undefined) return met;
  const theirs = facts.destinationRules.filter((object) => !isRendered(object));
  const read = theirs.map((object) => ruleOf(object, facts.domain));
  const sorted = read.toSorted((a, b) => a.age.localeCompare(b.age) || a.key.localeCompare(b.key));
  rules.set(facts, sorted);
  return sorted;
}

function ruleOf({metadata, spec}: KubernetesObject, domain: string): Rule {
  const {namespace = "default", name, creationTimestamp = "9999"} = metadata;
  const rule = (spec ?? {}) as DestinationRuleSpec;
  const host = resolveHost(rule.host ?? "", namespace, domain);
  return {key: `${namespace}/${name}`, namespace, host, spec: rule, age: creationTimestamp};
}

/**
 * The rule that istiod takes for callers without one of their own: of the host's namespace, then of the root namespace; in
 * each the most specific host. Source: destinationRule in Istio's pilot/pkg/model/push_context.go.
 */
function ruleFor(service: string, facts: ClusterFacts): Rule | undefined {
  const host = hostOf(service, facts.domain);
  const here = (namespace: string): Rule | undefined => {
    const covering = rulesOf(facts).filter((rule) => rule.namespace === namespace && covers(rule.host, host));
    const longest = Math.max(...covering.map((rule) => rule.host.length));
    return merged(covering.filter((rule) => rule.host.length === longest));
  };
  return here(namespaceOf(service)) ?? here(facts.rootNamespace);
}

/** Rules of one host count as one: all subsets, the first policy. */
function merged([first, ...more]: readonly Rule[]): Rule | undefined {
  if (first === undefined) return undefined;
  const specs = [first, ...more].map(({spec}) => spec);
  const trafficPolicy = specs.find((spec) => spec.trafficPolicy !== undefined)?.trafficPolicy;
  const subsets = specs.flatMap((spec) => spec.subsets ?? []);
  return {...first, spec: {...first.spec, ...(trafficPolicy === undefined ? {} : {trafficPolicy}), subsets}};
}

/**
 * What keeps subsets of the service from some caller, if anything does. Routes that name one hold for the whole mesh, gateways
 * included, and a caller that has it not answers 503. A rule with a workloadSelector takes in the subsets of one without
 * (mergeDestinationRule in Istio's pilot/pkg/model/destination_rule.go), so that other callers would not have them.
 */
export function subsetObstacle(service: string, facts: ClusterFacts): Notice | undefined {
  const namespace = namespaceOf(service);
  const host = hostOf(service, facts.domain);
  const fork = `Give the lanes' workloads Services of their own (to: or image:) instead of labels:`;
  if (facts.kubernetesServices.get(service)?.headless === true) {
    const message = `is headless: its requests go to the address that the caller chose, whatever the labels; lanes by labels: are left out there`;
    return {severity: "error", subject: `Service ${service}`, reason: "HeadlessService", message, hint: `${fork}.`};
  }
  const covering = rulesOf(facts).filter((rule) => covers(rule.host, host));
  const repeated = [namespace, facts.rootNamespace];
  const selecting = covering.find(
    ({spec, ...rule}) => repeated.includes(rule.namespace) && spec.workloadSelector !== undefined,
  );
  if (selecting !== undefined) {
    const message = `has a workloadSelector, so that some callers would not get the subsets; lanes by labels: of ${service} are left out`;
    const hint = `Remove its workloadSelector, or: ${fork}.`;
    return {
      severity: "error",
      subject: `DestinationRule ${selecting.key} (yours)`,
      reason: "RuleHasSelector",
      message,
      hint,
    };
  }
  // A caller gets the rules of its own namespace first. Beside a rule that not all see, ours would be hidden from the same
  // callers, or give all of them what was meant for some.
  const hiding = covering.find((rule) => !repeated.includes(rule.namespace) || !isExportedToAll(rule));
  if (hiding === undefined) return undefined;
  const message = `keeps the subsets of ${service} from its callers in ${hiding.namespace === namespace ? "other namespaces" : hiding.namespace}; lanes by labels: are left out there`;
  const remedy = repeated.includes(hiding.namespace)
    ? 'Write exportTo: ["*"] in it'
    : `Move it to namespace ${namespace}`;
  const subject = `DestinationRule ${hiding.key} (yours)`;
  return {severity: "error", subject, reason: "RuleHidesSubsets", message, hint: `${remedy}, or: ${fork}.`};
}

function isExportedToAll({spec: {exportTo = []}}: Rule): boolean {
  return exportTo.length === 0 || exportTo.includes("*");
}

/**
 * The rule with the subsets of a service. Beside a user's rule of the very host it has nothing else, and istiod merges the
 * two; where a wider rule holds, that one would no longer hold for this host, so its policy and subsets stand in ours too.
 * istiod merges rules of one host that are exported alike; a wider rule says nothing of whom ours is for.
 */
export function subsetRule(service: string, sets: readonly Labels[], facts: ClusterFacts): JsonObject {
  const host = hostOf(service, facts.domain);
  const users = ruleFor(service, facts);
  const exact = users?.host === host && users.namespace === namespaceOf(service);
  const theirs = users?.spec.subsets ?? [];
  const subsets = sets.map((labels) => {
    const same = theirs.find((subset) => subset.labels !== undefined && sameLabels(subset.labels, labels));
    const trafficPolicy = same?.trafficPolicy;
    return {name: subsetName(labels), labels, ...(trafficPolicy === undefined ? {} : {trafficPolicy})};
  });
  const {exportTo, trafficPolicy} = users?.spec ?? {};
  return {
    host,
    ...(!exact || exportTo === undefined ? {} : {exportTo}),
    ...(exact || trafficPolicy === undefined ? {} : {trafficPolicy}),
    subsets: [...(exact ? [] : (theirs as unknown as JsonObject[])), ...subsets],
  };
}

function sameLabels(a: Labels, b: Labels): boolean {
  return selects(a, b) && selects(b, a);
}

/**
 * The rule that gives a lane's own Service the traffic policy that the user wrote for the service that it overrides;
 * undefined where nobody wrote one, or some rule says already what holds for the Service.
 */
export function copiedPolicy(service: string, to: string, facts: ClusterFacts): JsonObject | undefined {
  const users = ruleFor(service, facts);
  const own = ruleFor(to, facts);
  if (users?.spec.trafficPolicy === undefined || own?.key === users.key) return undefined;
  const host = hostOf(to, facts.domain);
  if (own?.host === host) return undefined;
  const {trafficPolicy, workloadSelector} = users.spec;
  return {host, ...(workloadSelector === undefined ? {} : {workloadSelector}), trafficPolicy};
}
