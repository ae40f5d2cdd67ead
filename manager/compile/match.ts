import type {Condition as Item, Operator as Written} from "../model/index.ts";
import type {Condition, Operator} from "./plan.ts";

type Source = "header" | "query" | "cookie";
type Value = "uri" | "method" | "host" | "region" | "zone";

/** A lane's `match`: items are OR, the fields of an item AND. */
export function compileMatch(items: readonly Item[]): Condition {
  return oneOrMore("any", items.map(compileItem));
}

function compileItem(item: Item): Condition {
  const values: readonly Value[] = ["uri", "method", "host", "region", "zone"];
  return oneOrMore("all", [
    ...values.flatMap((field) => {
      const operator = item[field];
      return operator ? [{[field]: compileOperator(operator)} as Condition] : [];
    }),
    ...named("header", item.headers),
    ...named("query", item.queryParams),
    ...named("cookie", item.cookies),
    ...(item.from ? [{from: item.from}] : []),
    ...(item.time ? [{time: span(item.time)}] : []),
  ]);
}

function named(source: Source, operators: Readonly<Record<string, Written>> = {}): Condition[] {
  return Object.entries(operators).map(
    ([name, operator]) => ({[source]: {name, ...compileOperator(operator)}}) as Condition,
  );
}

/** The model has made sure that exactly one operator is there. */
function compileOperator(operator: Written): Operator {
  return Object.fromEntries(Object.entries(operator).filter(([, value]) => value !== undefined)) as Operator;
}

function span({after, before}: NonNullable<Item["time"]>): {after?: number; before?: number} {
  return {
    ...(after === undefined ? {} : {after: seconds(after)}),
    ...(before === undefined ? {} : {before: seconds(before)}),
  };
}

function seconds(time: string): number {
  return Math.ceil(Date.parse(time) / 1000);
}

function oneOrMore(join: "all" | "any", conditions: Condition[]): Condition {
  const [only, ...more] = conditions;
  return only !== undefined && more.length === 0 ? only : ({[join]: conditions} as unknown as Condition);
}
