import {stringify} from "yaml";

export type Form = "yaml" | "json";

/** Objects as one text: YAML documents, or a JSON `kind: List` that `-f` reads again. */
export function printObjects(objects: object[], form: Form): string {
  if (form === "json") return `${JSON.stringify({apiVersion: "v1", kind: "List", items: objects}, null, 2)}\n`;
  return objects.map((object) => stringify(object, {aliasDuplicateObjects: false, lineWidth: 120})).join("---\n");
}
