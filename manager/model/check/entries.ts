import type {Condition} from "../condition.ts";
import type {SwimLaneGroup, Trusted} from "../group.ts";
import type {SwimLane} from "../lane.ts";
import type {Mesh} from "../mesh.ts";
import {problemAt, type Problem} from "../problem.ts";
import {keyOf} from "../resolve.ts";

/** Ways in, weights and rules need an entry; rules should not rest on what any client can set. */
export function checkEntries({groups, lanes}: Mesh): Problem[] {
  return groups.flatMap((group) => {
    const own = lanes.filter((lane) => lane.spec.group === keyOf(group));
    const {gateways, services} = group.spec.entry;
    const unreachable = gateways.length + services.length === 0;
    return [...(unreachable ? checkUnreachable(group, own) : []), ...own.flatMap((lane) => checkTrust(lane, group))];
  });
}

function checkUnreachable(group: SwimLaneGroup, lanes: SwimLane[]): Problem[] {
  const {name} = group.metadata;
  const why = `nobody could reach it: group ${name} has neither entry.gateways nor entry.services`;
  const hint = `Write entry: {gateways: [NAMESPACE/NAME]} in group ${name}.`;
  const problems: Problem[] = [];
  if (group.spec.entry.lane.length > 0) {
    const message = "has ways in, but no gateway or service where requests enter: nobody could reach a lane";
    problems.push(problemAt(group, ["spec", "entry", "lane"], {message, hint}));
  }
  for (const lane of lanes) {
    if (lane.spec.match.length > 0) problems.push(problemAt(lane, ["spec", "match"], {message: `match: ${why}`, hint}));
    if (lane.spec.weight > 0) problems.push(problemAt(lane, ["spec", "weight"], {message: `weight: ${why}`, hint}));
  }
  return problems;
}

function checkTrust(lane: SwimLane, group: SwimLaneGroup): Problem[] {
  return lane.spec.match.flatMap((item, index) => {
    if (item.from !== undefined) return [];
    const untrusted = settable(item).filter(({trusted}) => !isTrusted(trusted, group.spec.entry.trusted));
    const [reason] = untrusted;
    // One field that a client cannot set freely, or that the group trusts, keeps the others of the item from deciding.
    if (reason === undefined || untrusted.length < settable(item).length) return [];
    const wanted = untrusted.map(({trusted}) => written(trusted)).join(" or ");
    return [
      problemAt(lane, ["spec", "match", index, ...reason.path], {
        severity: "warning",
        message: `any client can set what match[${index}] looks at, and so enter the lane`,
        hint: `Add from: [CIDR] to the item, or, if that is meant, write entry: {trusted: [${wanted}]} in group ${group.metadata.name}.`,
      }),
    ];
  });
}

interface Settable {
  path: string[];
  trusted: Trusted;
}

function settable(item: Condition): Settable[] {
  const named = (field: "headers" | "cookies" | "queryParams", key: "header" | "cookie" | "query") =>
    Object.keys(item[field] ?? {}).map((name) => ({path: [field, name], trusted: {[key]: name}}));
  const plain = (["uri", "host", "method"] as const).filter((field) => item[field] !== undefined);
  return [
    ...named("headers", "header"),
    ...named("cookies", "cookie"),
    ...named("queryParams", "query"),
    ...plain.map((field) => ({path: [field], trusted: {[field]: true}})),
  ];
}

function isTrusted(wanted: Trusted, trusted: Trusted[]): boolean {
  return trusted.some((item) => written(item) === written(wanted));
}

function written(item: Trusted): string {
  const [key, value] = Object.entries(item).find(([, one]) => one !== undefined) ?? ["", ""];
  return `{${key}: ${String(value)}}`;
}
