import {isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node} from "yaml";

export type Path = readonly PropertyKey[];

/** Where an object was read from. */
export interface Source {
  file: string;
  /** Line, from 1, of the key or item that `path` names, or of the nearest thing around it that is there. */
  lineOf(path: Path): number;
}

/** The source of what stands at `base` in a YAML document. */
export function yamlSource(file: string, document: Document, lines: LineCounter, base: Path = []): Source {
  return {
    file,
    lineOf: (path) => lines.linePos(offsetOf(document, [...base, ...path])).line,
  };
}

function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? document.range?.[0] ?? 0;
  for (const key of path) {
    const step = child(isAlias(node) ? node.resolve(document) : node, key);
    if (step === undefined) break;
    offset = step.offset ?? offset;
    node = step.value;
  }
  return offset;
}

function child(node: unknown, key: PropertyKey): {value: unknown; offset: number | undefined} | undefined {
  if (isSeq(node) && typeof key === "number") {
    const item = node.items[key];
    return item === undefined ? undefined : {value: item, offset: startOf(item)};
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
  return pair === undefined ? undefined : {value: pair.value, offset: startOf(pair.key)};
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}

const sources = new WeakMap<object, Source>();
const nowhere: Source = {file: "", lineOf: () => 0};

export function rememberSource(object: object, source: Source): void {
  sources.set(object, source);
}

/** Where `object` was read from; for an object that no file gave, an empty file name and line 0. */
export function sourceOf(object: object): Source {
  return sources.get(object) ?? nowhere;
}
