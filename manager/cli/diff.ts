import {Command} from "commander";
import {createTwoFilesPatch} from "diff";
import {stringify} from "yaml";
import {keyOf, type Changed} from "../controller/changes.ts";
import {readState} from "../controller/cluster-state.ts";
import {reconcile} from "../controller/reconcile.ts";
import {requireSettings} from "../controller/settings.ts";
import {storeLanes, supposing} from "../controller/store.ts";
import type {SourceText} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {adoptedServices} from "./adopted-services.ts";
import {laneSources} from "./lane-sources.ts";
import {soundObjects} from "./sound-objects.ts";
import {addClusterOptions, type ClusterOptions, connectTo, optionalFileOption, repeatableOption} from "./options.ts";
import {plainHttpOption} from "./plain-http.ts";
import {printJudged} from "./report.ts";
import {green, paint, progressOn, red, type Terminal} from "./terminal.ts";

interface DiffOptions extends ClusterOptions {
  file?: string[];
  adopt: string[];
  plainHttp: boolean;
}

/** As kubectl diff: an error must not look like a difference. */
const code = {none: 0, differences: 1, error: 2} as const;

const examples = `
Examples:
  meshlane diff -f shop.yaml                      what apply would change: lanes, groups, Istio's objects
  meshlane diff -f shop.yaml --adopt payment
  meshlane diff oci://registry.example.com/shop-lanes@sha256:...

Exit codes: 0 no difference, 1 differences, 2 an error.`;

export function diffCommand(terminal: Terminal, exit: (code: number) => void): Command {
  const command = new Command("diff")
    .description("show what apply would change in the cluster")
    .argument("[reference]", "lane files in a registry, oci://HOST/NAME@sha256:...")
    .addOption(optionalFileOption())
    .addOption(repeatableOption("--adopt <service>", "as of apply"))
    .addOption(plainHttpOption());
  return addClusterOptions(command)
    .addHelpText("after", examples)
    .action(async (reference: string | undefined, options: DiffOptions) =>
      exit(await guarded(reference, options, terminal)),
    );
}

async function guarded(reference: string | undefined, options: DiffOptions, terminal: Terminal): Promise<number> {
  try {
    return await diff(await laneSources("compare", reference, options, terminal), options, terminal);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    terminal.stderr.write(`meshlane: ${error.message}\n`);
    return code.error;
  }
}

async function diff(sources: SourceText[], options: DiffOptions, terminal: Terminal): Promise<number> {
  const {api, namespace} = connectTo(options);
  try {
    const read = await readState(api);
    const before = [...read.groups, ...read.lanes];
    const objects = soundObjects(sources, {before, namespace, said: options.namespace}, terminal);
    if (objects === undefined) return code.error;
    const settings = await requireSettings(api, (message) => progressOn(terminal)(`warning: ${message}`));
    const changes: Changed[] = [];
    const onChange = (changed: Changed): void => void changes.push(changed);
    const wouldBe = await storeLanes(api, objects, before, {dryRun: true, force: true, onChange});
    const state = supposing(read, wouldBe);
    const adopt = adoptedServices(options.adopt, {state, settings, namespace});
    const aim = await reconcile(api, settings, {
      adopt,
      state,
      dryRun: true,
      suppose: (state) => supposing(state, wouldBe),
      istioNamespace: "",
      settleMs: 0,
      timeoutMs: 0,
      progress: () => {},
      onChange,
    });
    const failed = printJudged(aim.judgedFor(wouldBe), terminal);
    const patches = together(changes).flatMap(patchOf);
    for (const patch of patches) terminal.stdout.write(coloured(patch, terminal));
    if (failed) return code.error;
    return patches.length === 0 ? code.none : code.differences;
  } finally {
    api.transport.close();
  }
}

interface Difference {
  readonly before: KubernetesObject | undefined;
  readonly after: KubernetesObject | undefined;
}

/** An object that is written twice on the way changes once. */
function together(changes: readonly Changed[]): Difference[] {
  const byKey = new Map<string, Difference>();
  for (const {change, object, before} of changes) {
    const key = keyOf(object);
    const first = byKey.get(key);
    byKey.set(key, {
      before: first === undefined ? before : first.before,
      after: change === "deleted" ? undefined : object,
    });
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, difference]) => difference);
}

function patchOf({before, after}: Difference): string[] {
  const [old, now] = [textOf(before), textOf(after)];
  if (old === now) return [];
  const {kind, metadata} = (after ?? before)!;
  const name = `${kind}/${metadata.namespace}/${metadata.name}`;
  return [createTwoFilesPatch(`live/${name}`, `applied/${name}`, old, now, undefined, undefined, {context: 3})];
}

/** What a user or we decide of an object, keys sorted. */
function textOf(object: KubernetesObject | undefined): string {
  if (object === undefined) return "";
  const {metadata, status: _status, ...rest} = object;
  const {name, namespace, labels, annotations} = metadata;
  return stringify({...rest, metadata: {name, namespace, labels, annotations}}, {sortMapEntries: true, lineWidth: 0});
}

function coloured(patch: string, {stdout}: Terminal): string {
  return patch
    .replace(/^=+\n/, "")
    .split("\n")
    .map((line) =>
      line.startsWith("+") ? paint(line, green, stdout) : line.startsWith("-") ? paint(line, red, stdout) : line,
    )
    .join("\n");
}
