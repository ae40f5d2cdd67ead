import {apiVersion} from "../fields.ts";
import {traceIds} from "../playground.ts";
import {askingOf, type Asking, type Grant} from "./asking.ts";
import {hostsOf, isEveryHost} from "./hosts.ts";
import type {Note} from "./note.ts";
import type {AsmFamily} from "./read.ts";
import {isEveryPath} from "./rules.ts";
import type {AsmGroup, AsmLane, ClusterService, RequestMatch, StringMatch} from "./schema.ts";

/** The namespace with most of the group's services: a group overrides those of its own namespace only. */
export function namespaceOf({spec}: AsmGroup): string {
  const counts = new Map<string, number>();
  for (const {namespace} of spec.services) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

/** Names of the services that are in the namespace; the others are reported. */
export function servicesIn(
  namespace: string,
  services: readonly ClusterService[],
  object: AsmGroup | AsmLane,
  note: Note,
): string[] {
  return services.flatMap((service, index) => {
    if (service.namespace === namespace) return [service.name];
    const message = `service ${service.name} is not carried over: it is in namespace ${service.namespace}, and a group overrides services of its own, ${namespace}`;
    const hint = "Write a group of that namespace, with lanes of other names.";
    note(object, ["spec", "services", index], message, hint);
    return [];
  });
}

/** The group in our words. */
export function convertGroup(family: AsmFamily, baseline: AsmLane, grant: Grant | undefined, note: Note): object {
  const {group} = family;
  const namespace = namespaceOf(group);
  const {services} = group.spec;
  const elsewhere = [...new Set(services.map((service) => service.namespace))].filter((one) => one !== namespace);
  noteTraceHeader(group, note);
  noteFallbacks(group, baseline.metadata.name, note);
  noteRoutes(family, note);
  return {
    apiVersion,
    kind: "SwimLaneGroup",
    metadata: {name: group.metadata.name, namespace, ...labelsOf(group)},
    spec: {
      services: servicesIn(namespace, services, group, note),
      baseline: {labels: baseline.spec.labelSelector},
      entry: entryOf(family, askingOf(group, grant), note),
      ...(elsewhere.length === 0 ? {} : {through: elsewhere}),
    },
  };
}

function labelsOf({metadata: {labels}}: AsmGroup): object {
  return labels === undefined ? {} : {labels};
}

function entryOf({group, lanes}: AsmFamily, asking: Asking, note: Note): object {
  const {gateway} = group.spec.ingress;
  const hosts = hostsOf({group, lanes});
  return {
    gateways: [`${gateway.namespace}/${gateway.name}`],
    ...(hosts === undefined ? {} : {hosts}),
    ...wayIn(group, asking, note),
  };
}

function wayIn(group: AsmGroup, {header, grant, remedy}: Asking, note: Note): object {
  if (header === undefined) return {};
  if (grant !== undefined) return {lane: [{header, ...(grant.length === 0 ? {anyone: true} : {from: [...grant]})}]};
  const message = `routeHeader ${header} is not carried over as a way in: under ASM every client may choose its lane by it, and nothing here says who may`;
  note(group, ["spec", "permissiveModeConfiguration", "routeHeader"], message, remedy);
  return {};
}

function noteTraceHeader(group: AsmGroup, note: Note): void {
  const {traceHeader, routeHeader} = group.spec.permissiveModeConfiguration;
  if (traceHeader === undefined || traceHeader === "baggage" || (traceIds as readonly string[]).includes(traceHeader)) {
    return;
  }
  const why =
    traceHeader === routeHeader
      ? "the context travels in x-swimlane and baggage"
      : `the lane is remembered by ${traceIds.join(", ")}`;
  const hint = "Let the applications forward one of these trace headers, or baggage.";
  const message = `traceHeader ${traceHeader} is not carried over: ${why}`;
  note(group, ["spec", "permissiveModeConfiguration", "traceHeader"], message, hint);
}

function noteFallbacks(group: AsmGroup, baseline: string, note: Note): void {
  const targets = Object.entries(group.spec.permissiveModeConfiguration.serviceLevelFallbackTarget);
  for (const [service, target] of targets) {
    if (target === baseline) continue;
    const path = ["spec", "permissiveModeConfiguration", "serviceLevelFallbackTarget", service];
    const message = `the fallback of service ${service} to lane ${target} is not carried over: the baseline is the same for all services`;
    note(
      group,
      path,
      message,
      `Give its baseline pods the labels of lane ${baseline}, or write fallback: [${target}] in the lanes.`,
    );
  }
}

/** ASM writes the gateway's VirtualService from its rules; here it stays the user's. */
function noteRoutes({group, lanes}: AsmFamily, note: Note): void {
  const {ingressRoutingStrategy, weightedRoutingRule} = group.spec.ingress.ingressRouting;
  const rules = lanes.flatMap(({spec}) => spec.ingressRules.filter(({online}) => online));
  const routes =
    ingressRoutingStrategy === "weighted"
      ? lanes.flatMap(({spec}) =>
          (weightedRoutingRule?.requestMatches ?? [{headers: {}}]).map((match) =>
            routeText(weightedRoutingRule?.hosts ?? [], match, spec.ingressWeight?.destination?.host),
          ),
        )
      : rules.map(({hosts, match, route}) => routeText(hosts, match, route?.destination?.host));
  const texts = [...new Set(routes.filter((text) => text !== undefined))];
  if (texts.length === 0) return;
  const message = `the gateway's routes are not carried over: ${texts.join("; ")}`;
  note(group, ["spec", "ingress"], message, "Write a VirtualService with them, and none of the lanes' subsets in it.");
}

function routeText(hosts: readonly string[], {uri}: RequestMatch, destination: string | undefined): string | undefined {
  if (destination === undefined) return undefined;
  const path = isEveryPath(uri) ? "" : ` ${uriText(uri!)}`;
  return `${isEveryHost(hosts) ? "*" : hosts.join(", ")}${path} to ${destination}`;
}

function uriText({exact, prefix, regex}: StringMatch): string {
  return exact ?? (prefix === undefined ? `matching ${regex}` : `${prefix}...`);
}
