import type {Api} from "../cluster/api.ts";
import {readState} from "../controller/cluster-state.ts";
import {install, installationObjects} from "../controller/installation.ts";
import {controllerRuns} from "../controller/lease.ts";
import {passIntents, requireRights} from "../controller/needed-rights.ts";
import {reconcile, taskOf} from "../controller/reconcile.ts";
import type {Settings} from "../controller/settings.ts";
import {hasModules, pushModules} from "../image/index.ts";
import type {InstallOptions} from "./install.ts";
import type {ProxyFlags} from "./options.ts";
import {dryRunOf, printJudged, sayChanges} from "./report.ts";
import {progressOn, type Terminal} from "./terminal.ts";

/**
 * Brings a cluster to these settings: modules and CRDs first, then what names them. Lanes that are there follow, and where there
 * are none, no route changes.
 * @param wait return only when the proxies have it
 */
export async function bring(
  api: Api,
  settings: Settings,
  options: InstallOptions & ProxyFlags & {readonly wait: boolean},
  terminal: Terminal,
): Promise<void> {
  const {dryRun} = options;
  const controlled = await controllerRuns(api);
  if (!controlled) await requirePass(api, settings);
  await provideModules(settings, options, terminal);
  const onChange = sayChanges(terminal, dryRunOf(options));
  await install(api, await installationObjects(settings), {dryRun, warn: progressOn(terminal), onChange});
  if (controlled) return;
  const aim = await reconcile(api, settings, {
    dryRun,
    wait: options.wait && !dryRun,
    istioNamespace: options.istioNamespace,
    settleMs: options.settle,
    timeoutMs: 60_000,
    progress: progressOn(terminal),
    onChange,
  });
  // Conflicts of lanes were there before, and are not of these settings.
  printJudged(aim.judgedFor([]), terminal);
}

/** That all which the mesh needs then can be written is known before anything is. */
async function requirePass(api: Api, settings: Settings): Promise<void> {
  const state = await readState(api);
  await requireRights(api, passIntents(api, taskOf(state, settings, {}), state));
}

/** The modules are in the registry, by their digests, before anything names them. */
async function provideModules(settings: Settings, options: InstallOptions, terminal: Terminal): Promise<void> {
  const {registry, plainHttp} = settings;
  const missing = (await hasModules(registry, {plainHttp})).filter(({there}) => !there);
  if (missing.length === 0) return;
  const names = missing.map(({reference}) => reference).join(", ");
  if (!options.push) throw new Error(`not in the registry: ${names}. Push them: meshlane push --registry ${registry}`);
  if (options.dryRun) terminal.stderr.write(`would be pushed: ${names}\n`);
  else
    await pushModules(registry, {
      plainHttp,
      modules: missing.map(({module}) => module),
      onProgress: progressOn(terminal),
    });
}
