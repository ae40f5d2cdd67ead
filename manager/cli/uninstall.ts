import {Command} from "commander";
import {uninstall} from "../controller/uninstall.ts";
import {exitCode} from "./exit.ts";
import {addClusterOptions, addProxyOptions, type ClusterOptions, connectTo, type ProxyFlags} from "./options.ts";
import {dryRunOf, sayChanges} from "./report.ts";
import {progressOn, type Terminal} from "./terminal.ts";

interface UninstallOptions extends ClusterOptions, ProxyFlags {
  keepCrds: boolean;
  dryRun: boolean;
}

const examples = `
Examples:
  meshlane uninstall                take everything of ours out of the cluster, the lanes too
  meshlane uninstall --keep-crds    the lanes and groups stay, without effect
  meshlane uninstall --dry-run

What was handed over with --adopt goes back to its owner as it was. Where a VirtualService of yours names what would go
(a delegate, a subset of lanes), nothing is removed, and it is said which and what to do.
Exit codes: 0 removed, 1 problems found, 2 the command itself is wrong.`;

export function uninstallCommand(terminal: Terminal, exit: (code: number) => void): Command {
  const command = new Command("uninstall")
    .description("take everything of ours out of a cluster, and nothing else")
    .option("--keep-crds", "keep the CRDs, and with them the lanes and groups", false)
    .option("--dry-run", "write nothing", false);
  return addProxyOptions(addClusterOptions(command))
    .addHelpText("after", examples)
    .action(async (options: UninstallOptions) => exit(await run(options, terminal)));
}

async function run(options: UninstallOptions, terminal: Terminal): Promise<number> {
  const {api} = connectTo(options);
  const {dryRun, keepCrds} = options;
  try {
    const say = sayChanges(terminal, dryRunOf(options));
    let removed = 0;
    await uninstall(api, {
      dryRun,
      keepCrds,
      istioNamespace: options.istioNamespace,
      settleMs: options.settle,
      timeoutMs: 60_000,
      progress: progressOn(terminal),
      onChange: (changed) => {
        removed++;
        say(changed);
      },
    });
    if (removed === 0) terminal.stderr.write("there is nothing of ours in the cluster\n");
    return exitCode.ok;
  } finally {
    api.transport.close();
  }
}
