import {Command} from "commander";
import type {Api} from "../cluster/api.ts";
import {readState} from "../controller/cluster-state.ts";
import {install, installationObjects} from "../controller/installation.ts";
import {passIntents, requireRights} from "../controller/needed-rights.ts";
import {controllerRuns} from "../controller/lease.ts";
import {reconcile, taskOf} from "../controller/reconcile.ts";
import {requireSettings, type Settings} from "../controller/settings.ts";
import {exitCode} from "./exit.ts";
import {addInstallOptions, type InstallOptions, provideModules, settingsFor} from "./install.ts";
import {addProxyOptions, connectTo, type ProxyFlags} from "./options.ts";
import {dryRunOf, printJudged, sayChanges} from "./report.ts";
import {progressOn, type Terminal} from "./terminal.ts";

const examples = `
Examples:
  meshlane upgrade                                 to the version of this program
  meshlane upgrade --registry new.example.com/mesh
  meshlane upgrade --dry-run

CRDs and modules come first, then the plugins name them: a filter of the version before works with both.
Exit codes: 0 upgraded, 1 problems found, 2 the command itself is wrong.`;

export function upgradeCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return addProxyOptions(addInstallOptions(new Command("upgrade")))
    .description("bring an installation to the version of this program")
    .addHelpText("after", examples)
    .action(async (options: InstallOptions & ProxyFlags) => exit(await run(options, terminal)));
}

async function run(options: InstallOptions & ProxyFlags, terminal: Terminal): Promise<number> {
  const {api} = connectTo(options);
  const {dryRun} = options;
  try {
    // A newer installation is refused by settingsFor, which knows the way back too.
    const settings = await settingsFor(api, await requireSettings(api, () => {}), options);
    const controlled = await controllerRuns(api);
    if (!controlled) await requirePass(api, settings);
    await provideModules(settings, options, terminal);
    const onChange = sayChanges(terminal, dryRunOf(options));
    await install(api, await installationObjects(settings), {dryRun, warn: progressOn(terminal), onChange});
    if (controlled) return exitCode.ok;
    const aim = await reconcile(api, settings, {
      dryRun,
      wait: !dryRun,
      istioNamespace: options.istioNamespace,
      settleMs: options.settle,
      timeoutMs: 60_000,
      progress: progressOn(terminal),
      onChange,
    });
    // Conflicts of lanes were there before, and are not the upgrade's.
    printJudged(aim.judgedFor([]), terminal);
    return exitCode.ok;
  } finally {
    api.transport.close();
  }
}

/** That all which the mesh needs then can be written is known before anything is. */
async function requirePass(api: Api, settings: Settings): Promise<void> {
  const state = await readState(api);
  await requireRights(api, passIntents(api, taskOf(state, settings, {}), state));
}
