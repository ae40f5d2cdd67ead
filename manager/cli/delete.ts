import {Command} from "commander";
import type {Api} from "../cluster/api.ts";
import {groupKind, laneKind, readLanes} from "../controller/cluster-state.ts";
import {keyOf} from "../controller/changes.ts";
import {ownObjects} from "../controller/lane-files.ts";
import {controllerRuns, reconcile} from "../controller/reconcile.ts";
import {requireSettings} from "../controller/settings.ts";
import {deleteLanes, supposing} from "../controller/store.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {didYouMean} from "../model/suggest.ts";
import {exitCode, UsageError} from "./exit.ts";
import {readSources} from "./files.ts";
import {printChanges} from "./install.ts";
import {
  addClusterOptions,
  addProxyOptions,
  type ClusterOptions,
  connectTo,
  optionalFileOption,
  type ProxyFlags,
} from "./options.ts";
import {progressOn} from "./registry-options.ts";
import {printJudged} from "./report.ts";
import type {Terminal} from "./terminal.ts";

interface DeleteOptions extends ClusterOptions, ProxyFlags {
  file?: string[];
  ignoreNotFound: boolean;
  dryRun: boolean;
}

const examples = `
Examples:
  meshlane delete lane ann
  meshlane delete lane ann bob -n shop
  meshlane delete -f shop.yaml

Routes go first; what they led to goes when every proxy knows.
Exit codes: 0 deleted, 1 problems found, 2 the command itself is wrong.`;

export function deleteCommand(terminal: Terminal, exit: (code: number) => void): Command {
  const command = new Command("delete")
    .description("remove lanes and groups from the cluster, and let the mesh follow")
    .argument("[kind]", "lane or group")
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
  const {api, namespace} = connectTo(options);
  const {dryRun} = options;
  try {
    const wanted = kind === undefined ? await fromFiles(options, namespace, terminal) : named(kind, names, namespace);
    const {found, missing} = await find(api, wanted);
    for (const line of options.ignoreNotFound ? [] : missing) terminal.stderr.write(`${line}\n`);
    printChanges(await deleteLanes(api, found, {dryRun}), options, terminal);
    const failed = !options.ignoreNotFound && missing.length > 0;
    if (found.length === 0 || (await controllerRuns(api))) return failed ? exitCode.problems : exitCode.ok;
    const {aim, changes} = await reconcile(api, await requireSettings(api), {
      istioNamespace: options.istioNamespace,
      settleMs: options.settle,
      timeoutMs: 60_000,
      progress: progressOn(terminal),
      ...(dryRun ? {dryRun, suppose: (state) => supposing(state, [], found)} : {}),
    });
    printChanges(changes, options, terminal);
    return printJudged(aim.judgedFor(found), terminal) || failed ? exitCode.problems : exitCode.ok;
  } finally {
    api.transport.close();
  }
}

async function fromFiles(
  {file = []}: DeleteOptions,
  namespace: string,
  terminal: Terminal,
): Promise<KubernetesObject[]> {
  if (file.length === 0) throw new UsageError("name what to delete: lane NAME, group NAME, or -f FILE");
  const objects = (await readSources(file, terminal)).flatMap((source) => ownObjects(source, namespace));
  return objects.toSorted((a, b) => Number(a.kind === "SwimLaneGroup") - Number(b.kind === "SwimLaneGroup"));
}

const kinds: Readonly<Record<string, typeof laneKind>> = {lane: laneKind, group: groupKind};

function named(kind: string, names: readonly string[], namespace: string): KubernetesObject[] {
  const known = kinds[kind.replace(/s$/, "")];
  if (known === undefined) throw new UsageError(`${kind} is no kind of ours. Write lane NAME or group NAME`);
  if (names.length === 0) throw new UsageError(`name the ${kind}: meshlane delete ${kind} NAME`);
  return names.map((name) => ({...known, metadata: {name, namespace}}));
}

/** As they are in the cluster; a line for each that is not there. */
async function find(api: Api, wanted: readonly KubernetesObject[]) {
  const {groups, lanes} = await readLanes(api);
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
