import type {Api} from "../cluster/api.ts";
import {reconcileUntilReady} from "../controller/apply-wait.ts";
import type {Changed, OnChange} from "../controller/changes.ts";
import type {ClusterState} from "../controller/cluster-state.ts";
import type {Desired} from "../controller/desired.ts";
import {passIntents, requireRights, storeIntents} from "../controller/needed-rights.ts";
import {type Decide, reconcile, type ReconcileOptions, taskOf} from "../controller/reconcile.ts";
import {remembering} from "../controller/remembering.ts";
import {requireSettings, type Settings} from "../controller/settings.ts";
import {storeLanes, supposing, unasked} from "../controller/store.ts";
import type {SourceText} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {adoptedServices, notHandedOver} from "./adopted-services.ts";
import type {ApplyOptions, Read} from "./apply.ts";
import {exitCode} from "./exit.ts";
import {printObjects} from "./print.ts";
import {printJudged, Refusals, sayChanges} from "./report.ts";
import {soundObjects} from "./sound-objects.ts";
import {progressOn, type Terminal} from "./terminal.ts";

interface Cluster {
  readonly api: Api;
  /** Of objects that name none. */
  readonly namespace: string;
  /** Under way. */
  readonly reading: Promise<Read>;
}

/** Writes lanes and groups, and lets the mesh follow where no controller does. @returns the exit code */
export async function apply(
  sources: SourceText[],
  {api, namespace, reading}: Cluster,
  {options, terminal}: Said,
): Promise<number> {
  const {lanes, state: read} = await reading;
  const before = [...lanes.groups, ...lanes.lanes];
  const objects = soundObjects(sources, {before, namespace, said: options.namespace}, terminal);
  if (objects === undefined) return exitCode.problems;
  if (options.dryRun === "client") {
    const changes = unasked(objects, before);
    for (const changed of changes) said(options, terminal)(changed);
    printStored(changes, options, terminal);
    return exitCode.ok;
  }
  const settings = await requireSettings(api);
  if (read === undefined) {
    requireNothingToWaitFor(options);
    await requireRights(api, storeIntents(objects, before));
    const {written, refused} = await store(api, objects, before, {options, terminal});
    if (written.length > 0)
      terminal.stderr.write("the controller lets the mesh follow: meshlane check says what it has done\n");
    return refused ? exitCode.problems : exitCode.ok;
  }
  const state = supposing(read, objects);
  const adopt = adoptedServices(options.adopt, {state, settings, namespace});
  const decide = remembering(taskOf);
  const task = decide(state, settings, {adopt});
  const pass = passIntents(api, task, state);
  await requireRights(api, [...storeIntents(objects, before), ...pass]);
  const {written, refused} = await store(api, objects, before, {options, terminal});
  if (written.length === 0) return exitCode.problems;
  const code = await follow(api, settings, {objects: written, adopt, read, decide}, {options, terminal});
  return refused ? exitCode.problems : code;
}

interface Said {
  readonly options: ApplyOptions;
  readonly terminal: Terminal;
}

interface Stored {
  /** As the server has them. */
  readonly written: KubernetesObject[];
  /** Whether there are others, which it did not take. */
  readonly refused: boolean;
}

/** Writes them, and says which were written and which refused; both also where the cluster is lost on the way. */
async function store(
  api: Api,
  objects: readonly KubernetesObject[],
  before: readonly KubernetesObject[],
  {options, terminal}: Said,
): Promise<Stored> {
  const done: Changed[] = [];
  const refusals = new Refusals(terminal);
  const say = said(options, terminal);
  const onChange = (changed: Changed): void => {
    done.push(changed);
    say(changed);
  };
  try {
    const dryRun = options.dryRun !== undefined;
    const how = {dryRun, force: options.forceConflicts, onChange, onRefused: refusals.say};
    return {written: await storeLanes(api, objects, before, how), refused: refusals.any};
  } finally {
    printStored(done, options, terminal);
  }
}

/** Lines for a person, where nothing else is asked for. */
function said({output, dryRun}: ApplyOptions, terminal: Terminal): OnChange {
  if (output !== undefined) return () => {};
  return sayChanges(terminal, dryRun === undefined ? "" : ` (${dryRun} dry run)`);
}

/** The lanes and groups, where they are asked for. */
function printStored(changes: readonly Changed[], {output}: ApplyOptions, {stdout}: Terminal): void {
  if (output === undefined || changes.length === 0) return;
  stdout.write(
    printObjects(
      changes.map(({object}) => object),
      output,
    ),
  );
}

/** Only who lets the mesh follow can wait for it, or hand something over to it. */
function requireNothingToWaitFor({wait, adopt}: ApplyOptions): void {
  const option = wait !== undefined ? "--wait" : adopt.length > 0 ? "--adopt" : undefined;
  if (option === undefined) return;
  throw new Error(
    `a controller runs in this cluster and lets the mesh follow, so ${option} has no effect here and nothing was written. ` +
      `Apply without ${option}; meshlane check says what the controller has done`,
  );
}

interface Followed {
  readonly objects: readonly KubernetesObject[];
  /** Services, `NAMESPACE/NAME`. */
  readonly adopt: readonly string[];
  /** Before they were written. */
  readonly read: ClusterState;
  readonly decide: Decide;
}

/** Lets the mesh follow. */
async function follow(
  api: Api,
  settings: Settings,
  {objects, adopt, read, decide}: Followed,
  {options, terminal}: Said,
): Promise<number> {
  const timeoutMs = options.wait ?? 60_000;
  const how: ReconcileOptions = {
    adopt,
    decide,
    state: supposing(read, objects),
    namespaces: namespacesOf(objects),
    istioNamespace: options.istioNamespace,
    settleMs: options.settle,
    timeoutMs,
    progress: progressOn(terminal),
    onChange: said(options, terminal),
    ...(options.dryRun === "server" ? {dryRun: true, suppose: (state) => supposing(state, objects)} : {}),
  };
  const lanes = objects.filter(({kind}) => kind === "SwimLane").map(({metadata}) => metadata.name);
  const {aim, waiting} =
    options.wait === undefined || options.dryRun !== undefined
      ? {aim: await reconcile(api, settings, how), waiting: []}
      : await reconcileUntilReady(api, settings, objects, Date.now() + timeoutMs, how);
  return conclude(aim, {objects, lanes, waiting, adopt}, options, terminal);
}

/** Where the proxies of groups and lanes are. */
function namespacesOf(objects: readonly KubernetesObject[]): string[] {
  return objects.flatMap(({metadata, spec}) => {
    const {group = "", through = []} = (spec ?? {}) as {group?: string; through?: readonly string[]};
    return [metadata.namespace ?? [], group.includes("/") ? group.slice(0, group.indexOf("/")) : [], through].flat();
  });
}

interface Applied {
  readonly objects: readonly KubernetesObject[];
  readonly lanes: readonly string[];
  readonly waiting: readonly string[];
  /** Services, `NAMESPACE/NAME`. */
  readonly adopt: readonly string[];
}

function conclude(aim: Desired, applied: Applied, options: ApplyOptions, terminal: Terminal): number {
  const {objects, lanes, waiting, adopt} = applied;
  const unmet = notHandedOver(adopt, aim);
  const failed = printJudged(aim.judgedFor(objects), terminal) || unmet.length > 0;
  for (const line of unmet) terminal.stderr.write(`${line}\n`);
  const open = options.wait === undefined ? aim.waiting(lanes) : waiting;
  for (const line of open) terminal.stderr.write(`${line}\n`);
  if (options.dryRun === undefined)
    for (const lane of lanes) for (const way of aim.ways(lane)) terminal.stderr.write(`${lane}  ${way}\n`);
  return failed || waiting.length > 0 ? exitCode.problems : exitCode.ok;
}
