import {stringify} from "yaml";

export type Form = "yaml" | "json";

/** kubectl reads YAML 1.1, where a lane called `on` is a truth value unless it is quoted. */
export const readByAll = {aliasDuplicateObjects: false, compat: "yaml-1.1"} as const;

/** Objects as one text: YAML documents, or a JSON `kind: List` that `-f` reads again. */
export function printObjects(objects: object[], form: Form): string {
  if (form === "json") return `${JSON.stringify({apiVersion: "v1", kind: "List", items: objects}, null, 2)}\n`;
  return objects.map((object) => stringify(object, {...readByAll, lineWidth: 120})).join("---\n");
}

/** What is no object of Kubernetes. */
export function printData(data: unknown, form: Form): string {
  if (form === "json") return `${JSON.stringify(data, null, 2)}\n`;
  return stringify(data, {...readByAll, lineWidth: 0});
}

/** Rows as columns of one width each, two spaces between them. */
export function printColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
