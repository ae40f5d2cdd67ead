import {Command} from "commander";
import {installationObjects} from "../controller/installation.ts";
import {requireSettings} from "../controller/settings.ts";
import {bring} from "./bring.ts";
import {exitCode} from "./exit.ts";
import {addInstallOptions, type InstallOptions, settingsFor} from "./install.ts";
import {connectTo, type ProxyFlags} from "./options.ts";
import {printObjects} from "./print.ts";
import type {Terminal} from "./terminal.ts";

const examples = `
Examples:
  meshlane upgrade                                 to the version of this program
  meshlane upgrade --registry new.example.com/mesh
  meshlane upgrade --dry-run
  meshlane upgrade -o yaml                         the objects of the installation, for GitOps; nothing is written

CRDs and modules come first, then the plugins name them: a filter of the version before works with both.
Exit codes: 0 upgraded, 1 problems found, 2 the command itself is wrong.`;

export function upgradeCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return addInstallOptions(new Command("upgrade"))
    .description("bring an installation to the version of this program")
    .addHelpText("after", examples)
    .action(async (options: InstallOptions & ProxyFlags) => exit(await run(options, terminal)));
}

async function run(options: InstallOptions & ProxyFlags, terminal: Terminal): Promise<number> {
  const {api} = connectTo(options);
  try {
    // A newer installation is refused by settingsFor, which knows the way back too.
    const settings = await settingsFor(api, await requireSettings(api, () => {}), options);
    if (options.output === undefined) await bring(api, settings, {...options, wait: true}, terminal);
    else terminal.stdout.write(printObjects(await installationObjects(settings), options.output));
    return exitCode.ok;
  } finally {
    api.transport.close();
  }
}
