import type {Condition, Operator} from "../condition.ts";
import type {Asking} from "./asking.ts";
import {hostOperators, hostsOf} from "./hosts.ts";
import type {AsmFamily} from "./read.ts";
import type {AsmLane, IngressRule, RequestMatch, StringMatch} from "./schema.ts";
import type {Note} from "./note.ts";

/**
 * A lane's ingress rules as conditions. A rule is carried over whole or not at all: without one of its conditions it would let
 * more requests in. One that asks for the lane by its name is the group's way in.
 */
export function convertRules(lane: AsmLane, family: AsmFamily, asking: Asking, note: Note): Condition[] {
  return lane.spec.ingressRules.flatMap((rule, index) => {
    const path = ["spec", "ingressRules", index];
    const reason = whyNot(rule, lane, family);
    if (reason !== undefined) {
      note(lane, path, `rule ${label(rule, index)} is not carried over: ${reason}`);
      return [];
    }
    const asks = asking.header !== undefined && Object.hasOwn(rule.match.headers, asking.header);
    if (!asks) return conditions(rule, family, undefined);
    if (asking.grant === undefined) {
      note(lane, path, ungranted(rule, index, asking.header!), asking.remedy);
      return [];
    }
    return isNameAlone(rule.match, asking.header!, lane.metadata.name) ? [] : conditions(rule, family, asking.grant);
  });
}

function ungranted(rule: IngressRule, index: number, header: string): string {
  return `rule ${label(rule, index)} is not carried over: under ASM every client that sends ${header} enters the lane, and nothing here says who may`;
}

function label({name}: IngressRule, index: number): string {
  return name ?? String(index);
}

function whyNot(rule: IngressRule, lane: AsmLane, family: AsmFamily): string | undefined {
  const {group, lanes} = family;
  const {uri, headers} = rule.match;
  if (group.spec.ingress.ingressRouting.ingressRoutingStrategy === "weighted") {
    return "the group routes by weight, so ASM reads no rules";
  }
  if (!rule.online) return "it is not online";
  const regex = uri?.regex !== undefined || Object.values(headers).some((value) => value.regex !== undefined);
  if (regex) return "it has a regex, whose cost is unbounded. Write exact, prefix, suffix, contains or in under match";
  const same = lanes.find((other) => other !== lane && other.spec.ingressRules.some((its) => takesTheSame(its, rule)));
  if (same !== undefined) return `lane ${same.metadata.name} has the same one, and nothing says which of them wins`;
  if (conditions(rule, family, undefined).length > 0) return undefined;
  return "it lets in every request. If that is meant, write weight: 100";
}

function takesTheSame(a: IngressRule, b: IngressRule): boolean {
  const form = ({hosts, match: {uri, headers}}: IngressRule) =>
    JSON.stringify([hosts.toSorted(), uri ?? null, Object.entries(headers).toSorted(([x], [y]) => (x < y ? -1 : 1))]);
  return a.online && form(a) === form(b);
}

/** The path of such a rule only chose the gateway's route; who may ask says the way in. */
function isNameAlone({headers}: RequestMatch, header: string, lane: string): boolean {
  return Object.keys(headers).length === 1 && headers[header]?.exact === lane;
}

/** One condition for each way the rule's hosts can be written; none where nothing is left that tells requests apart. */
function conditions({hosts, match}: IngressRule, family: AsmFamily, from: readonly string[] | undefined): Condition[] {
  const headers = Object.entries(match.headers).map(([name, value]) => [name, operatorOf(value)] as const);
  const item: Condition = {
    ...(isEveryPath(match.uri) ? {} : {uri: operatorOf(match.uri!)}),
    ...(headers.length === 0 ? {} : {headers: Object.fromEntries(headers)}),
    ...(from === undefined || from.length === 0 ? {} : {from: [...from]}),
  };
  const items = hostOperators(hosts, hostsOf(family)).map((host) => (host === undefined ? item : {...item, host}));
  return items.filter((one) => Object.keys(one).length > 0);
}

export function isEveryPath(uri: StringMatch | undefined): boolean {
  return uri === undefined || uri.prefix === "/" || uri.prefix === "";
}

function operatorOf({exact, prefix}: StringMatch): Operator {
  return exact === undefined ? {prefix} : {exact};
}
