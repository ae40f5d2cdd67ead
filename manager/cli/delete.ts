import {Command} from "commander";
import type {Api, Kind} from "../cluster/api.ts";
import {groupKind, laneKind, type Lanes, readLanes, readState} from "../controller/cluster-state.ts";
import {type Changed, keyOf} from "../controller/changes.ts";
import {type Intent, passIntents, requireRights} from "../controller/needed-rights.ts";
import {controllerRuns} from "../controller/lease.ts";
import {reconcile, taskOf} from "../controller/reconcile.ts";
import {remembering} from "../controller/remembering.ts";
import {readSettings, requireSettings} from "../controller/settings.ts";
import {deleteLanes, supposing} from "../controller/store.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {didYouMean} from "../model/suggest.ts";
import {exitCode, UsageError} from "./exit.ts";
import {readSources} from "./files.ts";
import {objectsByName} from "./sound-objects.ts";
import {
  addClusterOptions,
  addProxyOptions,
  type ClusterOptions,
  connectTo,
  optionalFileOption,
  type ProxyFlags,
} from "./options.ts";
import {dryRunOf, printJudged, Refusals, sayChanges} from "./report.ts";
import {progressOn, type Terminal} from "./terminal.ts";

interface DeleteOptions extends ClusterOptions, ProxyFlags {
  file?: string[];
  ignoreNotFound: boolean;
  dryRun: boolean;
}

const examples = `
Examples:
  meshlane delete lane ann
  meshlane delete lane ann bob -n shop
  meshlane delete swimlane.meshlane.dev/ann slg/shop
  meshlane delete -f shop.yaml

Routes go first; what they led to goes when every proxy knows. Was it interrupted, the same command finishes it.
Exit codes: 0 deleted, 1 problems found, 2 the command itself is wrong.`;

export function deleteCommand(terminal: Terminal, exit: (code: number) => void): Command {
  const command = new Command("delete")
    .description("remove lanes and groups from the cluster, and let the mesh follow")
    .argument("[kind]", "lane or group, or KIND/NAME")
    .argument("[names...]")
    .addOption(optionalFileOption())
    .option("--ignore-not-found", "what is not there is no problem", false)
    .option("--dry-run", "write nothing", false);
  return addProxyOptions(addClusterOptions(command))
    .addHelpText("after", examples)
    .action(async (kind: string | undefined, names: string[], options: DeleteOptions) =>
      exit(await run(kind, names, options, terminal)),
    );
}

async function run(
  kind: string | undefined,
  names: string[],
  options: DeleteOptions,
  terminal: Terminal,
): Promise<number> {
  const inNamespace = await wanted(kind, names, options, terminal);
  const {api, namespace} = connectTo(options);
  try {
    const objects = inNamespace(namespace);
    if (objects === undefined) return exitCode.problems;
    const {found, missing} = find(await readLanes(api), objects);
    for (const line of options.ignoreNotFound ? [] : missing) terminal.stderr.write(`${line}\n`);
    const failed = !options.ignoreNotFound && missing.length > 0;
    const judged = await remove(api, found, {options, terminal});
    return judged || failed ? exitCode.problems : exitCode.ok;
  } finally {
    api.transport.close();
  }
}

/**
 * Deletes them, and lets the mesh follow where no controller does; also where none is found, as a delete that was interrupted
 * may have left what its lanes needed. @returns whether one was refused, or something is wrong in the mesh then
 */
async function remove(
  api: Api,
  found: readonly KubernetesObject[],
  {options, terminal}: {options: DeleteOptions; terminal: Terminal},
): Promise<boolean> {
  const {dryRun} = options;
  // Where Meshlane is not installed nothing is left to follow.
  if (found.length === 0 && (await readSettings(api)) === undefined) return false;
  const [settings, controlled] = await Promise.all([requireSettings(api), controllerRuns(api)]);
  const read = controlled ? undefined : await readState(api);
  const decide = remembering(taskOf);
  const intents = found.map((object): Intent => ({verb: "delete", object}));
  if (read !== undefined) {
    const without = supposing(read, [], found);
    const task = decide(without, settings, {});
    intents.push(...passIntents(api, task, without));
  }
  await requireRights(api, intents);
  const say = sayChanges(terminal, dryRunOf(options));
  let changes = 0;
  const onChange = (changed: Changed): void => {
    changes++;
    say(changed);
  };
  const refusals = new Refusals(terminal);
  const deleted = await deleteLanes(api, found, {dryRun, onChange, onRefused: refusals.say});
  if (read === undefined || (found.length > 0 && deleted.length === 0)) return refusals.any;
  const aim = await reconcile(api, settings, {
    state: supposing(read, [], deleted),
    decide,
    istioNamespace: options.istioNamespace,
    settleMs: options.settle,
    timeoutMs: 60_000,
    progress: progressOn(terminal),
    onChange,
    ...(dryRun ? {dryRun, suppose: (state) => supposing(state, [], deleted)} : {}),
  });
  // Of a mesh in which nothing changed there is nothing to say.
  return (changes > 0 && printJudged(aim.judgedFor(deleted), terminal)) || refusals.any;
}

/** Given the namespace of what names none; undefined where a file is not fit to say it, which has been printed. */
type Wanted = (namespace: string) => readonly KubernetesObject[] | undefined;

/**
 * What is to be deleted.
 * @throws UsageError
 */
async function wanted(
  kind: string | undefined,
  names: readonly string[],
  {file = [], namespace: said}: DeleteOptions,
  terminal: Terminal,
): Promise<Wanted> {
  if (kind !== undefined && file.length > 0) throw new UsageError("write either lane NAME or group NAME, or -f FILE");
  if (kind !== undefined) {
    const refs = refsOf(kind, names);
    return (namespace) => refs.map(({known, name}) => ({...known, metadata: {name, namespace}})).toSorted(groupsLast);
  }
  if (file.length === 0) throw new UsageError("name what to delete: lane NAME, group NAME, or -f FILE");
  const sources = await readSources(file, terminal);
  return (namespace) => objectsByName(sources, {namespace, said}, terminal)?.toSorted(groupsLast);
}

function groupsLast(a: KubernetesObject, b: KubernetesObject): number {
  return Number(a.kind === "SwimLaneGroup") - Number(b.kind === "SwimLaneGroup");
}

/** What the CRDs, and so kubectl, call them, and what people do. */
const kinds: ReadonlyMap<string, Kind> = new Map([
  ...["lane", "lanes", "sl", "swimlane", "swimlanes"].map((name) => [name, laneKind] as const),
  ...["group", "groups", "slg", "swimlanegroup", "swimlanegroups"].map((name) => [name, groupKind] as const),
]);

/** `KIND NAME...` or `KIND/NAME...`, as kubectl takes it. @throws UsageError */
function refsOf(kind: string, names: readonly string[]): {known: Kind; name: string}[] {
  const pairs = [kind, ...names];
  if (pairs.every((pair) => pair.includes("/"))) return pairs.map(ofPair);
  const bare = names.find((name) => !name.includes("/"));
  if (kind.includes("/")) throw new UsageError(`${bare} has no kind: write KIND/NAME for each, as ${kind}`);
  const known = kindOf(kind);
  if (names.length === 0) throw new UsageError(`name the ${kind}: meshlane delete ${kind} NAME`);
  const pair = names.find((name) => name.includes("/"));
  if (pair !== undefined) throw new UsageError(`${pair} is no name. Write either ${kind} NAME or KIND/NAME for each`);
  return names.map((name) => ({known, name}));
}

function ofPair(pair: string): {known: Kind; name: string} {
  const [kind = "", name = "", ...more] = pair.split("/");
  const known = kindOf(kind);
  if (name === "" || more.length > 0) throw new UsageError(`${pair} names no ${kind}: write ${kind}/NAME`);
  return {known, name};
}

function kindOf(kind: string): Kind {
  const known = kinds.get(kind.toLowerCase().replace(/(?:\.v1alpha1)?\.meshlane\.dev$/, ""));
  if (known === undefined) throw new UsageError(`${kind} is no kind of ours. Write lane NAME or group NAME`);
  return known;
}

/** As they are in the cluster, each once; a line for each that is not there. */
function find({groups, lanes}: Lanes, named: readonly KubernetesObject[]) {
  const wanted = [...new Map(named.map((object) => [keyOf(object), object])).values()];
  const there = new Map([...lanes, ...groups].map((object) => [keyOf(object), object]));
  const found = wanted.flatMap((object) => there.get(keyOf(object)) ?? []);
  const missing = wanted
    .filter((object) => !there.has(keyOf(object)))
    .map(({kind, metadata: {name, namespace}}) => {
      const same = [...there.values()].filter((object) => object.kind === kind);
      const elsewhere = same.find(({metadata}) => metadata.name === name);
      const hint = elsewhere
        ? `It is in ${elsewhere.metadata.namespace}: write -n ${elsewhere.metadata.namespace}`
        : (didYouMean(
            name,
            same.map(({metadata}) => metadata.name),
          ) ?? "");
      return `there is no ${kind} ${namespace}/${name}. ${hint}`.trim();
    });
  return {found, missing};
}
