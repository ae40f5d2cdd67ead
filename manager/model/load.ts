import type {SwimLaneGroup} from "./group.ts";
import type {KubernetesObject} from "./kubernetes.ts";
import type {WrittenLane} from "./lane.ts";
import type {Broken, Mesh} from "./mesh.ts";
import type {WrittenPlayground} from "./playground.ts";
import {checkMesh} from "./check/check.ts";
import {parseObject, type Parsed} from "./parse.ts";
import {type Finding, problemAt, sortByPlace, type Problem} from "./problem.ts";
import {readObjects, type SourceObject, type SourceText} from "./read.ts";
import {keyOf, older, resolveLanes, resolvePlayground} from "./resolve.ts";
import {sourceOf} from "./source.ts";

export interface Loaded {
  mesh: Mesh;
  problems: Problem[];
  /** Named objects of other APIs, as they are written; `problems` has a warning for each that it is skipped. */
  others: KubernetesObject[];
}

/**
 * Reads YAML or JSON texts, and objects. `mesh` holds the valid objects; it is fit for use where no problem is an error. Problems are
 * sorted by place. Never throws, whatever the texts are.
 * @param namespace of objects of ours that name none
 * @param takeOthers objects of other APIs are of use to the caller: no warnings of them
 * @param replaced what groups and lanes of the texts take the place of, and are as old as; then what a text says of its age does not count
 */
export function loadMesh(
  sources: (SourceText | SourceObject)[],
  namespace?: string,
  takeOthers = false,
  replaced?: readonly KubernetesObject[],
): Loaded {
  const all = sources.flatMap((source) => parseSource(source, namespace));
  const others = all.flatMap(({other}) => (other === undefined ? [] : [other]));
  const parsed = takeOthers ? all.filter(({other}) => other === undefined) : all;
  const problems = parsed.flatMap((part) => part.problems);
  const broken = brokenOf(parsed);
  const written = parsed.flatMap((part) => (part.written === undefined ? [] : [part.written]));

  const byAge = ages(sources, replaced);
  const groups = first(written.filter(isGroup), keyOf, problems);
  const lanes = first(written.filter(isLane).toSorted(byAge), (lane) => lane.metadata.name, problems);
  const playgrounds = first(written.filter(isPlayground), () => "", problems);

  const resolved = resolveLanes(lanes, groups, broken);
  problems.push(...resolved.problems);
  const playground = playgrounds[0] === undefined ? undefined : resolvePlayground(playgrounds[0]);
  const mesh: Mesh = {
    groups: groups.toSorted((a, b) => compare(keyOf(a), keyOf(b))),
    lanes: resolved.lanes.toSorted((a, b) => compare(a.metadata.name, b.metadata.name)),
    ...(playground === undefined ? {} : {playground}),
  };
  problems.push(
    ...checkMesh({...mesh, groups: mesh.groups.toSorted(byAge), lanes: mesh.lanes.toSorted(byAge)}, broken),
  );
  const files = sources.map(({name}) => name);
  return {mesh, problems: sortByPlace(problems, files), others};
}

type Aged = SwimLaneGroup | WrittenLane;

/** The older first, where what is replaced tells how old its successor is. */
function ages(sources: readonly (SourceText | SourceObject)[], replaced?: readonly KubernetesObject[]) {
  const times = new Map(replaced?.map((object) => [identity(object), object.metadata.creationTimestamp]));
  const texts = new Set(replaced === undefined ? [] : sources.filter((one) => "text" in one).map(({name}) => name));
  const aged = (item: Aged) => {
    const own = texts.has(sourceOf(item).file) ? undefined : item.metadata.creationTimestamp;
    return {metadata: {creationTimestamp: times.get(identity(item)) ?? own}};
  };
  return (a: Aged, b: Aged) => older(aged(a), aged(b));
}

const parsedBefore = new WeakMap<SourceObject, Parsed[]>();

/** What cannot even be read is a part that has only problems. */
function parseSource(source: SourceText | SourceObject, namespace: string | undefined): Parsed[] {
  const before = "object" in source ? parsedBefore.get(source) : undefined;
  if (before !== undefined) return before;
  const {objects, problems} = readObjects(source);
  const parsed = [{problems}, ...objects.map((object) => parseObject(object, namespace))];
  if ("object" in source) parsedBefore.set(source, parsed);
  return parsed;
}

type Written = NonNullable<Parsed["written"]>;
const isGroup = (object: Written): object is SwimLaneGroup => object.kind === "SwimLaneGroup";
const isLane = (object: Written): object is WrittenLane => object.kind === "SwimLane";
const isPlayground = (object: Written): object is WrittenPlayground => object.kind === "Playground";

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Named {
  readonly kind: string;
  readonly metadata: {readonly name: string; readonly namespace?: string};
}

function identity({kind, metadata: {namespace = "default", name}}: Named): string {
  return `${kind} ${namespace}/${name}`;
}

function brokenOf(parsed: Parsed[]): Broken {
  const objects = parsed.flatMap(({broken}) => (broken === undefined ? [] : [broken]));
  const of = (kind: string) => objects.filter((object) => object.kind === kind);
  return {
    groups: new Set(of("SwimLaneGroup").map(({namespace, name}) => `${namespace}/${name}`)),
    lanes: new Set(of("SwimLane").map(({name}) => name)),
    playground: of("Playground").length > 0,
  };
}

const owners: Record<string, string> = {
  SwimLaneGroup: "a namespace has one group of a name",
  SwimLane: "a lane's name is one for the whole mesh",
  Playground: "there is one playground at most",
};

/** The first object of each key; the others are reported. */
function first<Item extends Written>(objects: Item[], key: (object: Item) => string, problems: Problem[]): Item[] {
  const seen = new Map<string, Item>();
  for (const object of objects) {
    const other = seen.get(key(object));
    if (other === undefined) {
      seen.set(key(object), object);
      continue;
    }
    problems.push(problemAt(object, ["metadata", "name"], twice(object, other)));
  }
  return [...seen.values()];
}

/** What is wrong with the second one; in the same words wherever the first stands, if it is another's. */
function twice(object: Written, other: Written): Finding {
  const {file, line} = problemAt(other, ["metadata", "name"], {message: ""});
  const owner = owners[object.kind];
  if (identity(object) !== identity(other)) {
    const message = `is the name of ${identity(other)} already: ${owner}`;
    return {
      message,
      hint: `Rename or remove one of them; the other is ${line > 1 ? `at ${file}:${line}` : `in ${file}`}.`,
    };
  }
  return {
    message: `stands here a second time (first at ${file}:${line}): ${owner}`,
    hint: "Rename or remove one of them.",
  };
}
